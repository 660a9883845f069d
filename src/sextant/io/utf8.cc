#include "sextant/io/utf8.h"

#include <algorithm>
#include <cstdint>

namespace sextant::io {
namespace {

constexpr size_t kMaxNameBytes = 1024;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// Bytes of the character at the front of `text`, or 0 where it is not UTF-8.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  const unsigned second = byte(1);
  const bool bad = (lead == 0xe0 && second < 0xa0) ||   // longer than needed
                   (lead == 0xed && second >= 0xa0) ||  // surrogates
                   (lead == 0xf0 && second < 0x90) ||   // longer than needed
                   (lead == 0xf4 && second >= 0x90);    // beyond U+10FFFF
  return bad ? 0 : length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::none_of(name.begin(), name.end(), is_control) && is_utf8(name);
}

}  // namespace sextant::io
