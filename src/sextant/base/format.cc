#include "sextant/base/format.h"

#include <fmt/args.h>
#include <fmt/format.h>

namespace sextant {

std::string format_args(std::string_view pattern, std::span<const FormatArg> args) {
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  for (const FormatArg& arg : args) {
    std::visit([&](const auto& value) { store.push_back(value); }, arg);
  }
  try {
    return fmt::vformat(pattern, store);
  } catch (const std::exception& e) {
    return std::string(pattern) + " (unprintable: " + e.what() + ")";
  }
}

namespace {

// Bytes of the well-formed UTF-8 character at the front of `text`, or 0.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead > 0xF4 || length == 0 || length > text.size()) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
  const bool wrong =
      length > 2 && ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
                     (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F));
  return wrong ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text, size_t limit) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (i >= limit) {
      return out + "...";
    }
    const std::string_view rest = text.substr(i);
    const size_t length = character_length(rest);
    const auto byte = static_cast<unsigned char>(rest[0]);
    // U+0080 to U+009F are control characters too.
    const bool control = length == 1   ? byte < 0x20 || byte == 0x7F
                         : length == 2 ? byte == 0xC2 && static_cast<unsigned char>(rest[1]) < 0xA0
                                       : false;
    if (length == 0 || control) {
      out += fmt::format("\\x{:02x}", byte);
      i += 1;
    } else {
      out += rest.substr(0, length);
      i += length;
    }
  }
  return out;
}

}  // namespace sextant
