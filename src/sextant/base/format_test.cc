#include "sextant/base/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace sextant {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

enum class Colour { kRed = 7 };

TEST(Format, TakesEveryKindOfArgument) {
  const std::string text = "text";
  EXPECT_EQ(format("{} {} {} {} {} {} {}", int8_t{-3}, uint16_t{4}, 2.5f, true, 'c', text, "lit"),
            "-3 4 2.5 true c text lit");
  EXPECT_EQ(format("{}", Colour::kRed), "7");
  EXPECT_EQ(
      format("{} {}", std::numeric_limits<uint64_t>::max(), std::numeric_limits<int64_t>::min()),
      "18446744073709551615 -9223372036854775808");
}

TEST(Format, FollowsTheSpecs) {
  EXPECT_EQ(format("{:.1f}|{:>5}|{:<4}|{:06x}|{{}}", 2.25, 42, "ab", 255),
            "2.2|   42|ab  |0000ff|{}");
  EXPECT_EQ(format("no arguments"), "no arguments");
}

TEST(Format, PrintsARemarkInsteadOfThrowing) {
  EXPECT_THAT(format("{} {}", 1), StartsWith("{} {} (unprintable: "));
  EXPECT_THAT(format("{:d}", "text"), HasSubstr("unprintable"));
  EXPECT_THAT(format("{", 1), HasSubstr("unprintable"));
}

// Text from outside is an argument, never a pattern; but the pattern may be user text by mistake.
TEST(Format, ArgumentsAreNotReadAsPatterns) { EXPECT_EQ(format("{}", "{} {0} {"), "{} {0} {"); }

}  // namespace
}  // namespace sextant
