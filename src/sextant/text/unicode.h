// Character classes as the reference tokenizers see them.
//
// The classes come from the reference library itself (scripts/goldens/make_unicode.py), not from a
// Unicode library of the system: those are of another version and would split newer letters
// elsewhere. Thread-safe; look-ups cost two loads. Bytes that are not UTF-8 read as U+FFFD
// (base/utf8.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sextant::text {

inline constexpr uint32_t kCodePointEnd = 0x110000;  // no code point, in no class

// The code point that begins at or ends before `position`; kCodePointEnd where
// there is none.
uint32_t code_point_at(std::string_view text, size_t position);
uint32_t code_point_before(std::string_view text, size_t position);

// Where the white space that ends at `position` begins, not before `limit`; where that which
// begins at `position` ends.
size_t white_space_begin(std::string_view text, size_t position, size_t limit);
size_t white_space_end(std::string_view text, size_t position);

// General category (kCn: unassigned). The order is that of the generator.
enum class Category : uint8_t {
  // clang-format off
  kCn, kLu, kLl, kLt, kLm, kLo, kMn, kMc, kMe, kNd, kNl, kNo, kPc, kPd, kPs, kPe, kPi, kPf, kPo,
  kSm, kSc, kSk, kSo, kZs, kZl, kZp, kCc, kCf, kCo,
  // clang-format on
};

// Bits of a code point's class word: the category in the lowest five, then flags.
namespace char_class {
inline constexpr uint16_t kCategoryMask = 31;
inline constexpr uint16_t kSpace = 1 << 5;          // \s
inline constexpr uint16_t kLetter = 1 << 6;         // \p{L}
inline constexpr uint16_t kNumber = 1 << 7;         // \p{N}
inline constexpr uint16_t kWord = 1 << 8;           // \w of Rust's regex
inline constexpr uint16_t kNumeric = 1 << 9;        // char::is_numeric of Rust (Digits)
inline constexpr uint16_t kPunctuation = 1 << 10;   // what Punctuation and BERT split off
inline constexpr uint16_t kAccent = 1 << 11;        // what StripAccents removes
inline constexpr uint16_t kBertRemoved = 1 << 12;   // what BERT's clean_text removes
inline constexpr uint16_t kBertAccent = 1 << 13;    // what BERT's strip_accents removes after NFD
inline constexpr uint16_t kUnnormalized = 1 << 14;  // the reference's normalisation ignores it
inline constexpr uint16_t kNewer = 1 << 15;         // of another category in Unicode 14
}  // namespace char_class

// Two stages: block number of each 256 code points, then the words of the distinct blocks.
struct ClassTable {
  const uint16_t* blocks;
  const uint16_t* words;

  uint16_t operator[](uint32_t code) const {
    return code >= kCodePointEnd ? 0 : words[(size_t{blocks[code >> 8]} << 8) | (code & 255)];
  }
};

// The table, built at the first call (about 1 ms). Loops keep it in a local variable.
ClassTable class_table();

inline uint16_t class_of(uint32_t code) { return class_table()[code]; }
inline Category category(uint32_t code) {
  return static_cast<Category>(class_of(code) & char_class::kCategoryMask);
}
inline bool is_space(uint32_t code) { return (class_of(code) & char_class::kSpace) != 0; }
inline bool is_letter(uint32_t code) { return (class_of(code) & char_class::kLetter) != 0; }
inline bool is_number(uint32_t code) { return (class_of(code) & char_class::kNumber) != 0; }
inline bool is_word(uint32_t code) { return (class_of(code) & char_class::kWord) != 0; }

// Appends the lower case of one code point (U+0130 gives two).
void append_lower(std::string& out, uint32_t code);

}  // namespace sextant::text
