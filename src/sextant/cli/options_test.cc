#include "sextant/cli/options.h"

#include <gtest/gtest.h>

namespace sextant::cli {
namespace {

// A validator returns what is wrong, or nothing. It may rewrite its text, hence the copy.
std::string verdict(const CLI::Validator& validator, std::string text) { return validator(text); }

TEST(Options, WholeNumbersLieWithinTheirRange) {
  const CLI::Validator validator = whole_number(0, 8);
  for (const char* good : {"0", "8", "3"}) {
    EXPECT_EQ(verdict(validator, good), "") << good;
  }
  for (const char* bad : {"9", "-1", "", "x", "3x", " 3", "3.0", "1e0", "99999999999999999999"}) {
    EXPECT_EQ(verdict(validator, bad),
              std::string("expected a whole number from 0 to 8, found \"") + bad + "\"");
  }
}

TEST(Options, NumbersLieWithinTheirRange) {
  const CLI::Validator validator = real_number(0, 2);
  for (const char* good : {"0", "2", "0.7", "1e-3"}) {
    EXPECT_EQ(verdict(validator, good), "") << good;
  }
  for (const char* bad : {"2.1", "-0.1", "", "x", "1x", "nan", "inf"}) {
    EXPECT_NE(verdict(validator, bad), "") << bad;
  }
}

TEST(Options, NamesOfASetSuggestTheNearest) {
  const CLI::Validator validator = one_of({"auto", "always", "never"});
  EXPECT_EQ(verdict(validator, "always"), "");
  EXPECT_EQ(verdict(validator, "allways"),
            "expected auto, always or never, found \"allways\"; did you mean always?");
  EXPECT_EQ(verdict(validator, "q"), "expected auto, always or never, found \"q\"");
  EXPECT_EQ(verdict(validator, "\x1b[31m"),
            "expected auto, always or never, found \"\\x1b[31m\"");  // no raw control characters
}

}  // namespace
}  // namespace sextant::cli
