// Text formatting with {} placeholders (and fmt's format specs), type-erased.
//
// Only format.cc includes fmt, so that no header of the library does: LibTorch's include folder
// carries another fmt and the two must not meet (docs/adr/0001). Prints what it can where pattern
// and arguments disagree; never throws.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace sextant {

using FormatArg = std::variant<int64_t, uint64_t, double, bool, char, std::string_view>;

// Formats `pattern` with `args`; on a malformed pattern returns the pattern and a remark.
std::string format_args(std::string_view pattern, std::span<const FormatArg> args);

template <class T>
FormatArg make_format_arg(const T& value) {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, char>) {
    return value;
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<int64_t>(value);
  } else if constexpr (std::signed_integral<T>) {
    return static_cast<int64_t>(value);
  } else if constexpr (std::unsigned_integral<T>) {
    return static_cast<uint64_t>(value);
  } else if constexpr (std::floating_point<T>) {
    return static_cast<double>(value);
  } else {
    return std::string_view(value);
  }
}

// format("{} of {:.1f}", 3, 2.0) == "3 of 2.0"
template <class... Args>
std::string format(std::string_view pattern, const Args&... args) {
  if constexpr (sizeof...(args) == 0) {
    return format_args(pattern, {});
  } else {
    const FormatArg list[] = {make_format_arg(args)...};
    return format_args(pattern, list);
  }
}

// A name or text from outside, made safe for one line of a terminal: UTF-8 without control
// characters. Other bytes become "\x1b", and what is longer than `limit` bytes is cut with "...".
std::string printable(std::string_view text, size_t limit = 120);

}  // namespace sextant
