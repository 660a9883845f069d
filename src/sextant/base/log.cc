#include "sextant/base/log.h"

#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>

#include "sextant/base/json.h"

namespace sextant {
namespace {

std::atomic<bool> g_bar_on_line{false};

struct LevelRow {
  spdlog::level::level_enum spdlog_level;
  std::string_view name;
  std::string_view colour;
};

// Indexed by LogLevel.
constexpr std::array kLevels = {
    LevelRow{spdlog::level::debug, "debug", "\x1b[2m"},
    LevelRow{spdlog::level::info, "info", ""},
    LevelRow{spdlog::level::warn, "warning", "\x1b[33m"},
    LevelRow{spdlog::level::err, "error", "\x1b[31m"},
};

const LevelRow& row(LogLevel level) { return kLevels[static_cast<size_t>(level)]; }

// Lines come finished; this puts the clearing of a bar before them and the end behind.
class LineFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    if (g_bar_on_line.load(std::memory_order_relaxed)) {
      out.append(std::string_view("\r\x1b[K"));
    }
    out.append(message.payload);
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>();
  }
};

struct Log {
  LogOptions options;
  spdlog::logger logger{"sextant", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

  Log() {
    logger.set_formatter(std::make_unique<LineFormatter>());
    logger.set_level(row(options.level).spdlog_level);
  }
};

// Never destroyed: messages may come from other statics' destructors.
Log& the_log() {
  static Log* const log = new Log;
  return *log;
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = millis / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                millis % 1000);
}

OrderedJson json_line(LogLevel level, std::string_view message) {
  return {{"time", utc_now()}, {"level", row(level).name}, {"message", message}};
}

std::string dump(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string text_line(LogLevel level, std::string_view message) {
  const LevelRow& how = row(level);
  if (the_log().options.colour && !how.colour.empty()) {
    return format("sextant: {}{}:\x1b[0m {}", how.colour, how.name, message);
  }
  return format("sextant: {}: {}", how.name, message);
}

void write(LogLevel level, const std::string& line) {
  the_log().logger.log(row(level).spdlog_level, spdlog::string_view_t(line));
}

}  // namespace

void set_log(const LogOptions& options) {
  Log& log = the_log();
  log.options = options;
  log.logger.set_level(row(options.level).spdlog_level);
}

bool log_enabled(LogLevel level) { return the_log().logger.should_log(row(level).spdlog_level); }

void log_line(LogLevel level, std::string_view message) {
  if (log_enabled(level)) {
    const bool json = the_log().options.format == LogFormat::kJson;
    write(level, json ? dump(json_line(level, message)) : text_line(level, message));
  }
}

void log_error(const Error& error) {
  if (the_log().options.format == LogFormat::kJson) {
    OrderedJson line = json_line(LogLevel::kError, error.describe());
    line["code"] = to_string(error.code);
    if (!error.hint.empty()) {
      line["hint"] = error.hint;
    }
    write(LogLevel::kError, dump(line));
    return;
  }
  const std::string hint = error.hint.empty() ? "" : format("\nhint: {}", error.hint);
  write(LogLevel::kError, text_line(LogLevel::kError, error.describe()) + hint);
}

void set_bar_on_line(bool shown) { g_bar_on_line.store(shown, std::memory_order_relaxed); }

}  // namespace sextant
