#include "sextant/io/utf8.h"

#include <gtest/gtest.h>

namespace sextant::io {
namespace {

TEST(Utf8, AcceptsWellFormedText) {
  for (const char* text : {"", "plain", "gr\u00f6\u00dfe \u91cd\u307f \U0001F600", "\u0080",
                           "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesIllFormedText) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xff", "a\xc3(", "\xe2\x82\xac\x82"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Utf8, NamesHaveLengthAndNoControlCharacters) {
  EXPECT_TRUE(is_plain_name("a.b c"));
  EXPECT_TRUE(is_plain_name(std::string(1024, 'a')));
  EXPECT_FALSE(is_plain_name(std::string(1025, 'a')));
  EXPECT_FALSE(is_plain_name(""));
  EXPECT_FALSE(is_plain_name("a\nb"));
  EXPECT_FALSE(is_plain_name("a\x7f"));
  EXPECT_FALSE(is_plain_name(std::string("a\0b", 3)));
  EXPECT_FALSE(is_plain_name("\xff"));
}

}  // namespace
}  // namespace sextant::io
