// Errors of the whole library: one code list, one value type, one exception.
//
// Code that reads bytes from outside (files, network, command line) returns Result<T> and never
// throws on input. Mistakes of the programmer throw SextantError through SEXTANT_CHECK.
//
//   Result<Header> parse(std::span<const std::byte> bytes) {
//     if (bytes.size() < 8) {
//       return fail(ErrorCode::kDataLoss, "[io/x] header: expected 8 bytes, file has {}",
//                   bytes.size());
//     }
//     SEXTANT_TRY(auto length, read_length(bytes));
//     ...
//   }
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "sextant/base/format.h"

namespace sextant {

enum class ErrorCode {
  kInvalidArgument,    // a wrong option or request
  kNotFound,           // a file, tensor or model that is not there
  kDataLoss,           // bytes that break their format
  kOutOfRange,         // a value beyond a limit, in a file
  kUnsupported,        // well-formed, but nothing here handles it
  kResourceExhausted,  // memory, disk
  kCancelled,          // the user said stop
  kDeadline,           // time is up
  kIo,                 // the operating system refused a read or write
  kInternal,           // a mistake of ours
};

std::string_view to_string(ErrorCode code);

// Exit status of the command for an error: 2 usage, 3 bad data, 4 missing, 5 resource,
// 130 interrupted, 1 internal.
int exit_status(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;    // what, expected, found, where; begins with [folder/topic]
  std::string hint = {};  // what to do about it; may be empty
  std::vector<std::string> context = {};  // added while unwinding, innermost first

  // "message (context; context)"
  std::string describe() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Failure = tl::unexpected<Error>;

template <class... Args>
Failure fail(ErrorCode code, std::string_view pattern, const Args&... args) {
  return Failure(Error{.code = code, .message = format(pattern, args...)});
}

inline Failure fail_with_hint(ErrorCode code, std::string message, std::string hint) {
  return Failure(Error{.code = code, .message = std::move(message), .hint = std::move(hint)});
}

// The same error with one more line of context, for passing it on.
inline Failure with_context(Error error, std::string line) {
  error.context.push_back(std::move(line));
  return Failure(std::move(error));
}

class SextantError : public std::exception {
 public:
  explicit SextantError(Error error) : error_(std::move(error)), text_(error_.describe()) {}
  const char* what() const noexcept override { return text_.c_str(); }
  const Error& error() const { return error_; }

 private:
  Error error_;
  std::string text_;
};

[[noreturn]] void throw_check_failure(const char* condition, const char* file, int line,
                                      const std::string& message);

// The value, or the error as an exception: for callers inside, where failure is a mistake.
template <class T>
T value_or_throw(Result<T> result) {
  if (!result) {
    throw SextantError(std::move(result).error());
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*result);
  }
}

}  // namespace sextant

#define SEXTANT_CHECK(condition, ...)                                    \
  do {                                                                   \
    if (!(condition)) {                                                  \
      ::sextant::throw_check_failure(#condition, __FILE__, __LINE__,     \
                                     ::sextant::format("" __VA_ARGS__)); \
    }                                                                    \
  } while (false)

#define SEXTANT_CONCAT_(a, b) a##b
#define SEXTANT_CONCAT(a, b) SEXTANT_CONCAT_(a, b)

// SEXTANT_TRY(auto x, expression): x is the value, or the function returns the error.
#define SEXTANT_TRY(declaration, ...) \
  SEXTANT_TRY_(declaration, SEXTANT_CONCAT(sextant_result_, __LINE__), __VA_ARGS__)
#define SEXTANT_TRY_(declaration, result, ...)            \
  auto result = (__VA_ARGS__);                            \
  if (!result) {                                          \
    return ::sextant::Failure(std::move(result).error()); \
  }                                                       \
  declaration = std::move(*result)

// The same for Result<void>.
#define SEXTANT_TRY_VOID(...)                                       \
  do {                                                              \
    if (auto sextant_status = (__VA_ARGS__); !sextant_status) {     \
      return ::sextant::Failure(std::move(sextant_status).error()); \
    }                                                               \
  } while (false)
