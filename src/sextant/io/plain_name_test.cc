#include "sextant/io/plain_name.h"

#include <gtest/gtest.h>

namespace sextant::io {
namespace {

TEST(PlainName, HasLengthAndNoControlCharacters) {
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
