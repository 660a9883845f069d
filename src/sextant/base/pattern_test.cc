#include "sextant/base/pattern.h"

#include <gtest/gtest.h>

namespace sextant {
namespace {

TEST(Pattern, StarStandsForAnyCharacters) {
  EXPECT_TRUE(matches_pattern("h.0.attn.bias", "*.bias"));
  EXPECT_TRUE(matches_pattern("h.0.attn.bias", "*"));
  EXPECT_TRUE(matches_pattern("h.0.ln_1.weight", "h.*.ln_*.weight"));
  EXPECT_TRUE(matches_pattern("aXbXc", "*X*c"));
  EXPECT_TRUE(matches_pattern("abc", "abc**"));
  EXPECT_FALSE(matches_pattern("h.0.attn.bias", "bias"));
  EXPECT_FALSE(matches_pattern("abc", "ab"));
  EXPECT_FALSE(matches_pattern("", "a*"));
  EXPECT_TRUE(matches_pattern("", ""));
}

// Every star could take part of the run: only the last may go back.
TEST(Pattern, ManyStarsCostNoTime) {
  const std::string name(20000, 'a');
  EXPECT_FALSE(matches_pattern(name, "*a*a*a*a*a*a*a*b"));
}

}  // namespace
}  // namespace sextant
