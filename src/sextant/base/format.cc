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

std::string printable(std::string_view text, size_t limit) {
  constexpr size_t kLongestCharacter = 4;
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // Cut where a character begins, so that its bytes stay together.
    if (i >= limit && ((byte & 0xC0) != 0x80 || i >= limit + kLongestCharacter)) {
      return out + "...";
    }
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F
      out += fmt::format("\\x{:02x}", next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace sextant
