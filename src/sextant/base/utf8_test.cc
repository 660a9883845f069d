#include "sextant/base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sextant {
namespace {

TEST(Utf8, DecodesEachLength) {
  const std::vector<std::pair<std::string, char32_t>> cases = {
      {std::string("\0", 1), 0},
      {"a", 'a'},
      {"\x7F", 0x7F},
      {"\xC2\x80", 0x80},
      {"\xDF\xBF", 0x7FF},
      {"\xE0\xA0\x80", 0x800},
      {"\xED\x9F\xBF", 0xD7FF},
      {"\xEE\x80\x80", 0xE000},
      {"\xEF\xBF\xBD", 0xFFFD},
      {"\xF0\x90\x80\x80", 0x10000},
      {"\xF4\x8F\xBF\xBF", 0x10FFFF},
  };
  for (const auto& [bytes, value] : cases) {
    const CodePoint point = decode_utf8(bytes, 0);
    EXPECT_TRUE(point.valid);
    EXPECT_EQ(point.value, value);
    EXPECT_EQ(point.length, bytes.size());
    std::string back;
    append_utf8(back, value);
    EXPECT_EQ(back, bytes);
    EXPECT_EQ(utf8_length_from_lead(static_cast<unsigned char>(bytes[0])), bytes.size());
  }
  EXPECT_EQ(decode_utf8("a", 1).length, 0u);
}

TEST(Utf8, AppendsTheReplacementForWhatUtf8CannotHold) {
  std::string out;
  append_utf8(out, 0xD800);
  append_utf8(out, 0x110000);
  EXPECT_EQ(out, "\uFFFD\uFFFD");
}

// Expected values are what Python prints for bytes.decode(errors="replace").
TEST(Utf8, ReplacesBadPartsAsPythonDoes) {
  const std::string r = "\uFFFD";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\x80", r},
      {"\xC0\xAF", r + r},
      {"\xC1\xBF", r + r},
      {"\xE0\x80\xAF", r + r + r},
      {"\xE2\x82", r},
      {"\xE2\x82z", r + "z"},
      {"\xE2z", r + "z"},
      {"\xED\xA0\x80", r + r + r},
      {"\xF0\x80\x80\x80", r + r + r + r},
      {"\xF0\x9F\x98", r},
      {"\xF0\x9F\x98q", r + "q"},
      {"\xF0\x9F\xF0\x9F\x98\x80", r + "\U0001F600"},
      {"\xF4\x90\x80\x80", r + r + r + r},
      {"\xF5\x80", r + r},
      {"\xFE\xFF", r + r},
      {"a\xC3", "a" + r},
  };
  for (const auto& [bytes, expected] : cases) {
    EXPECT_EQ(replace_invalid_utf8(bytes), expected);
    EXPECT_FALSE(is_valid_utf8(bytes));
    EXPECT_TRUE(is_valid_utf8(replace_invalid_utf8(bytes)));
  }
  EXPECT_TRUE(is_valid_utf8("na\u00EFve \U0001F600"));
}

TEST(Utf8Stream, HoldsBackUnfinishedCharacters) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("a\xF0"), "a");
  EXPECT_EQ(stream.push("\x9F"), "");
  EXPECT_EQ(stream.push("\x98"), "");
  EXPECT_FALSE(stream.empty());
  EXPECT_EQ(stream.push("\x80!"), "\U0001F600!");
  EXPECT_TRUE(stream.empty());
  EXPECT_EQ(stream.finish(), "");
}

TEST(Utf8Stream, EndsAnUnfinishedCharacterWithTheReplacement) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("x\xE2\x82"), "x");
  EXPECT_EQ(stream.finish(), "\uFFFD");
  EXPECT_EQ(stream.push("y"), "y");
}

TEST(Utf8Stream, DoesNotWaitForBytesThatCannotCome) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("\xFF"), "\uFFFD");
  EXPECT_EQ(stream.push("\xE0\x80"), "\uFFFD\uFFFD");
  EXPECT_EQ(stream.push("\xC3"), "");
  EXPECT_EQ(stream.push("\xC3"), "\uFFFD");
  EXPECT_EQ(stream.push("\xA9"), "\u00E9");
}

// Whatever the cuts, the parts joined are the whole decoded at once.
TEST(Utf8Stream, GivesTheSameTextForEveryCut) {
  const std::string bytes =
      "z\xC3\xA9\xF0\x9F\x98\x80\xE2\x82\xAC\xFF\xED\xA0\x80\xF0\x9F\xE2\x82q\xC3";
  const std::string expected = replace_invalid_utf8(bytes);
  for (size_t first = 0; first <= bytes.size(); ++first) {
    for (size_t second = first; second <= bytes.size(); ++second) {
      Utf8Stream stream;
      std::string text = stream.push(std::string_view(bytes).substr(0, first));
      text += stream.push(std::string_view(bytes).substr(first, second - first));
      text += stream.push(std::string_view(bytes).substr(second));
      EXPECT_EQ(text + stream.finish(), expected) << first << " " << second;
    }
  }
}

}  // namespace
}  // namespace sextant
