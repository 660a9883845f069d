// Messages about the work, for people or programs; results never go this way.
//
//   log(LogLevel::kWarning, "[lm/config] {}: unknown rope type, using linear", path);
//
// One line each on standard error, as text ("sextant: warning: ...") or as JSON with `time`,
// `level`, `message`. Safe from any thread. There is one log in a process: libraries that link
// libsextant share it. Text from outside is made printable by the caller (printable in format.h).
#pragma once

#include <string>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/base/format.h"

namespace sextant {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

struct LogOptions {
  LogLevel level = LogLevel::kWarning;  // lower ones are dropped
  LogFormat format = LogFormat::kText;
  bool colour = false;
};

void set_log(const LogOptions& options);
bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view message);

template <class... Args>
void log(LogLevel level, std::string_view pattern, const Args&... args) {
  if (log_enabled(level)) {
    log_line(level, format(pattern, args...));
  }
}

// "sextant: error: [module] message", then "hint: ..."; in JSON also `code` and `hint`.
void log_error(const Error& error);

// Told by Progress: while a bar is on the terminal's line, a message clears the line first.
void set_bar_on_line(bool shown);

}  // namespace sextant
