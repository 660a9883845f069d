#include "sextant/lm/rope.h"

#include <cmath>

#include <gtest/gtest.h>

namespace sextant::lm {
namespace {

// The scalings as whole networks are checked in parity_test.cc; here are single known values.

TEST(Rope, DefaultFrequenciesAreAGeometricRow) {
  const auto f = rope_frequencies({.theta = 10000.0}, 8, 128, 0);
  ASSERT_EQ(f.inverse.size(), 4u);
  EXPECT_FLOAT_EQ(f.inverse[0], 1.0f);
  EXPECT_FLOAT_EQ(f.inverse[1], 0.1f);
  EXPECT_FLOAT_EQ(f.inverse[3], 0.001f);
  EXPECT_EQ(f.scale, 1.0f);
}

TEST(Rope, LinearDividesEveryFrequency) {
  const auto f = rope_frequencies({.type = RopeType::kLinear, .factor = 4.0}, 8, 128, 0);
  EXPECT_FLOAT_EQ(f.inverse[0], 0.25f);
  EXPECT_FLOAT_EQ(f.inverse[1], 0.025f);
}

TEST(Rope, DynamicOnlyChangesBeyondTheTrainedLength) {
  const RopeConfig rope{.type = RopeType::kDynamic, .factor = 2.0};
  EXPECT_FLOAT_EQ(rope_frequencies(rope, 8, 128, 100).inverse[1], 0.1f);
  // theta * (2 * 2 - 1)^(8/6)
  const double theta = 10000.0 * std::pow(3.0, 8.0 / 6.0);
  EXPECT_FLOAT_EQ(rope_frequencies(rope, 8, 128, 256).inverse[1],
                  static_cast<float>(std::pow(theta, -0.25)));
}

TEST(Rope, YarnKeepsFastAndStretchesSlowDimensions) {
  const RopeConfig rope{.type = RopeType::kYarn, .factor = 4.0, .original_max_positions = 4096};
  const auto plain = rope_frequencies({}, 128, 16384, 0);
  const auto yarn = rope_frequencies(rope, 128, 16384, 0);
  EXPECT_FLOAT_EQ(yarn.inverse.front(), plain.inverse.front());
  EXPECT_FLOAT_EQ(yarn.inverse.back(), plain.inverse.back() / 4.0f);
  EXPECT_FLOAT_EQ(yarn.scale, static_cast<float>(0.1 * std::log(4.0) + 1.0));
}

TEST(Rope, DivisorsOfTheFileDivide) {
  const auto f = rope_frequencies({.freq_divisors = {1.0f, 8.0f}}, 4, 128, 0);
  EXPECT_FLOAT_EQ(f.inverse[0], 1.0f);
  EXPECT_FLOAT_EQ(f.inverse[1], 0.01f / 8.0f);
}

TEST(Rope, TableHoldsCosAndSinOfEachPosition) {
  const auto table = rope_table({.inverse = {1.0f, 0.5f}, .scale = 2.0f}, 3, 2);
  ASSERT_EQ(table.cos.size(), 4u);
  EXPECT_FLOAT_EQ(table.cos[0], 2.0f * std::cos(3.0f));
  EXPECT_FLOAT_EQ(table.sin[3], 2.0f * std::sin(2.0f));
}

}  // namespace
}  // namespace sextant::lm
