#include "sextant/base/error.h"

#include <array>

namespace sextant {
namespace {

struct CodeRow {
  ErrorCode code;
  std::string_view name;
  int exit_status;
};

// The one table that maps codes to names and exit statuses (docs/guide.md, "Exit status").
constexpr std::array kCodes = {
    CodeRow{ErrorCode::kInvalidArgument, "invalid_argument", 2},
    CodeRow{ErrorCode::kNotFound, "not_found", 4},
    CodeRow{ErrorCode::kDataLoss, "data_loss", 3},
    CodeRow{ErrorCode::kOutOfRange, "out_of_range", 3},
    CodeRow{ErrorCode::kUnsupported, "unsupported", 3},
    CodeRow{ErrorCode::kResourceExhausted, "resource_exhausted", 5},
    CodeRow{ErrorCode::kCancelled, "cancelled", 130},
    CodeRow{ErrorCode::kDeadline, "deadline", 5},
    CodeRow{ErrorCode::kIo, "io", 5},
    CodeRow{ErrorCode::kInternal, "internal", 1},
};

const CodeRow& row(ErrorCode code) {
  for (const CodeRow& entry : kCodes) {
    if (entry.code == code) {
      return entry;
    }
  }
  return kCodes.back();
}

}  // namespace

std::string_view to_string(ErrorCode code) { return row(code).name; }

int exit_status(ErrorCode code) { return row(code).exit_status; }

std::string Error::describe() const {
  std::string text = message;
  for (size_t i = 0; i < context.size(); ++i) {
    text += (i == 0 ? " (" : "; ") + context[i];
  }
  if (!context.empty()) {
    text += ')';
  }
  return text;
}

void throw_check_failure(const char* condition, const char* file, int line,
                         const std::string& message) {
  throw SextantError(Error{.code = ErrorCode::kInternal,
                           .message = format("[base/check] {} must hold at {}:{}{}{}", condition,
                                             file, line, message.empty() ? "" : ": ", message)});
}

}  // namespace sextant
