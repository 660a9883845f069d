#include "sextant/text/unicode.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <string>

#include "sextant/base/json.h"
#include "support/test_data.h"
#include "support/tokenizer_data.h"

namespace sextant::text {
namespace {

constexpr uint32_t kFirstSurrogate = 0xD800;
constexpr uint32_t kLastSurrogate = 0xDFFF;

bool is_surrogate(uint32_t code) { return code >= kFirstSurrogate && code <= kLastSurrogate; }

Json checks() {
  return value_or_throw(parse_json(
      test_data::read(test_data::repository("tests/parity/tokenizers/byte_level/unicode.json")),
      "unicode.json"));
}

uint64_t crc(const std::string& bytes) {
  return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}

// Asks for every code point, as the script did of the reference library.
void expect_class(const Json& expected, const std::function<bool(uint32_t)>& is_in) {
  uint64_t count = 0;
  std::string bytes;
  for (uint32_t code = 0; code < kCodePointEnd; ++code) {
    if (!is_surrogate(code) && is_in(code)) {
      ++count;
      for (int shift = 0; shift < 32; shift += 8) {
        bytes.push_back(static_cast<char>(code >> shift));
      }
    }
  }
  EXPECT_EQ(count, expected.at("count"));
  EXPECT_EQ(crc(bytes), expected.at("crc32"));
}

TEST(Unicode, ClassesAreThoseOfTheReferenceForEveryCodePoint) {
  const Json expected = checks();
  const struct {
    const char* name;
    uint16_t flag;
  } classes[] = {
      {"\\p{L}", char_class::kLetter},
      {"\\p{N}", char_class::kNumber},
      {"\\s", char_class::kSpace},
      {"kWord", char_class::kWord},
      {"kNumeric", char_class::kNumeric},
      {"kPunctuation", char_class::kPunctuation},
      {"kAccents", char_class::kAccent},
      {"kBertRemoved", char_class::kBertRemoved},
      {"kBertAccents", char_class::kBertAccent},
      {"kUnnormalized", char_class::kUnnormalized},
      {"kNewer", char_class::kNewer},
  };
  for (const auto& one : classes) {
    SCOPED_TRACE(one.name);
    expect_class(expected.at(one.name),
                 [&one](uint32_t code) { return (class_of(code) & one.flag) != 0; });
  }
}

TEST(Unicode, CategoriesAreThoseOfTheReferenceForEveryCodePoint) {
  std::string bytes;
  for (uint32_t code = 0; code < kCodePointEnd; ++code) {
    bytes.push_back(is_surrogate(code) ? '\0' : static_cast<char>(category(code)));
  }
  EXPECT_EQ(crc(bytes), checks().at("categories"));
  EXPECT_EQ(category('A'), Category::kLu);
  EXPECT_EQ(category(0x1C89), Category::kLu);  // of Unicode 16
  EXPECT_EQ(category(0x378), Category::kCn);
}

TEST(Unicode, LowerCaseIsThatOfTheReferenceForEveryCodePoint) {
  std::string all;
  for (uint32_t code = 0; code < kCodePointEnd; ++code) {
    if (!is_surrogate(code)) {
      append_lower(all, code);
    }
  }
  EXPECT_EQ(crc(all), checks().at("lower"));
  std::string two;
  append_lower(two, 0x130);
  EXPECT_EQ(two, "i\u0307");
}

TEST(Unicode, WhatIsNoCodePointIsInNoClass) {
  for (const uint32_t code : {kCodePointEnd, kCodePointEnd + 1, UINT32_MAX}) {
    EXPECT_EQ(class_of(code), 0);
    EXPECT_EQ(category(code), Category::kCn);
    EXPECT_FALSE(is_letter(code) || is_number(code) || is_space(code) || is_word(code));
  }
}

TEST(Unicode, FindsTheCodePointsAroundAPosition) {
  const std::string text = "aé漢\U0001F600\xFF";
  EXPECT_EQ(code_point_before(text, 0), kCodePointEnd);
  EXPECT_EQ(code_point_before(text, 1), 'a');
  EXPECT_EQ(code_point_before(text, 3), 0xE9u);
  EXPECT_EQ(code_point_before(text, 6), 0x6F22u);
  EXPECT_EQ(code_point_before(text, 10), 0x1F600u);
  EXPECT_EQ(code_point_before(text, 11), 0xFFFDu);
  EXPECT_EQ(code_point_before(text, 2), 0xFFFDu);  // inside é
  EXPECT_EQ(code_point_at(text, 1), 0xE9u);
  EXPECT_EQ(code_point_at(text, 11), kCodePointEnd);
}

TEST(Unicode, FindsTheEndsOfWhiteSpace) {
  const std::string text = "x \t\u00A0\u3000\u2028y";
  EXPECT_EQ(white_space_end(text, 1), text.size() - 1);
  EXPECT_EQ(white_space_end(text, 0), 0u);
  EXPECT_EQ(white_space_begin(text, text.size() - 1, 0), 1u);
  EXPECT_EQ(white_space_begin(text, text.size() - 1, 3), 3u);
  EXPECT_EQ(white_space_begin(text, text.size(), 0), text.size());
  EXPECT_EQ(white_space_end("  ", 0), 2u);
  EXPECT_EQ(white_space_begin("  ", 2, 0), 0u);
}

}  // namespace
}  // namespace sextant::text
