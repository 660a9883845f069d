#include "sextant/train/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::train {
namespace {

TEST(Random, IsAPureFunctionOfSeedAndStream) {
  Random first(7, 3);
  Random again(7, 3);
  Random other_stream(7, 4);
  Random other_seed(8, 3);
  int same_stream = 0;
  int same_seed = 0;
  for (int i = 0; i < 100; ++i) {
    const uint32_t word = first.word();
    EXPECT_EQ(word, again.word());
    same_stream += word == other_stream.word() ? 1 : 0;
    same_seed += word == other_seed.word() ? 1 : 0;
  }
  EXPECT_EQ(same_stream + same_seed, 0);
}

TEST(Random, IsPhilox) {
  // Known answer of Philox4x32-10 for a counter and a key of zeros (Random123).
  Random random(0);
  EXPECT_EQ(random.word(), 0x6627e8d5U);
  EXPECT_EQ(random.word(), 0xe169c58dU);
  EXPECT_EQ(random.word64(), 0x9b00dbd8'bc57ac4cU);
}

TEST(Random, UniformHasTheRightMoments) {
  Random random(1);
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);  // five standard errors of 0.00091
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.005);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.uniform(-2, 3);
    EXPECT_TRUE(value >= -2 && value < 3) << value;
  }
}

TEST(Random, BelowIsUniform) {
  Random random(2);
  std::vector<int> counts(7);
  constexpr int kDraws = 70000;
  for (int i = 0; i < kDraws; ++i) {
    ++counts.at(static_cast<size_t>(random.below(7)));
  }
  double chi_square = 0;
  for (const int count : counts) {
    chi_square += std::pow(count - kDraws / 7.0, 2) / (kDraws / 7.0);
  }
  EXPECT_LT(chi_square, 22.5);  // 0.1 % of the 6 degrees of freedom lie above
  EXPECT_EQ(random.below(1), 0);
  EXPECT_THROW(random.below(0), SextantError);
}

TEST(Random, BetaHasTheRightMoments) {
  for (const double alpha : {0.2, 0.8, 1.0, 4.0}) {
    Random random(3);
    double sum = 0;
    double squares = 0;
    constexpr int kDraws = 20000;
    for (int i = 0; i < kDraws; ++i) {
      const double value = random.beta(alpha);
      ASSERT_TRUE(value >= 0 && value <= 1) << value;
      sum += value;
      squares += (value - 0.5) * (value - 0.5);
    }
    EXPECT_NEAR(sum / kDraws, 0.5, 0.015) << alpha;  // four standard errors at alpha 0.2
    EXPECT_NEAR(squares / kDraws, 1 / (4 * (2 * alpha + 1)), 0.005) << alpha;
  }
  const double tiny = Random(4).beta(1e-4);  // powers that underflow
  EXPECT_TRUE(tiny < 1e-6 || tiny > 1 - 1e-6) << tiny;
  EXPECT_THROW(Random(4).beta(0), SextantError);
  EXPECT_THROW(Random(4).beta(5), SextantError);
}

}  // namespace
}  // namespace sextant::train
