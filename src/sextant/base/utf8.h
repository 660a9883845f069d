// UTF-8: one code point at a time, validation, and a decoder for text that arrives in parts.
//
// Bad bytes never fail: each maximal ill-formed part counts as one U+FFFD, as Python's
// errors="replace" and the Unicode standard (chapter 3.9, U+FFFD substitution) have it. Surrogates,
// overlong forms and values above U+10FFFF are bad. Functions are pure; a stream belongs to one
// thread. Cost is linear in the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sextant {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

struct CodePoint {
  char32_t value = kReplacementCharacter;
  uint32_t length = 0;      // bytes used: 1 to 4, 0 only at the end of the text
  bool valid = false;       // false: `value` stands for bytes that are not UTF-8
  bool incomplete = false;  // bad only because the text ends too early
};

// The code point that begins at byte `position`; length 0 at or behind the end.
CodePoint decode_utf8_any(std::string_view text, size_t position);
inline CodePoint decode_utf8(std::string_view text, size_t position) {
  if (position < text.size() && static_cast<unsigned char>(text[position]) < 0x80) {
    return {static_cast<unsigned char>(text[position]), 1, true, false};
  }
  return decode_utf8_any(text, position);
}

// Appends `code_point`; one that UTF-8 cannot hold becomes U+FFFD.
void append_utf8(std::string& out, char32_t code_point);

// Bytes of the code point that a lead byte announces: 1 to 4, and 1 for bytes that cannot lead.
size_t utf8_length_from_lead(unsigned char lead);

bool is_valid_utf8(std::string_view text);

// The text with bad parts replaced: always valid UTF-8.
std::string replace_invalid_utf8(std::string_view text);

// Joins parts (the bytes of one token after the other) and hands out only whole characters.
//
//   Utf8Stream stream;
//   for (int32_t id : ids) std::cout << stream.push(tokenizer.token_bytes(id));
//   std::cout << stream.finish();
class Utf8Stream {
 public:
  // Valid UTF-8 that is complete now; the begin of an unfinished character waits.
  std::string push(std::string_view bytes);

  // What is left: an unfinished character becomes U+FFFD. The stream is empty afterwards.
  std::string finish();

  bool empty() const { return pending_.empty(); }

 private:
  std::string pending_;  // at most three bytes
};

}  // namespace sextant
