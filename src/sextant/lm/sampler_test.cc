#include "sextant/lm/sampler.h"

#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;

// How often each token is picked in `n` draws.
std::map<int32_t, int> draw(const SamplingOptions& options, const std::vector<float>& logits,
                            int n) {
  Sampler sampler(options);
  std::map<int32_t, int> counts;
  for (int i = 0; i < n; ++i) {
    std::vector<float> copy = logits;
    ++counts[sampler.pick(copy, {})];
  }
  return counts;
}

const std::vector<float> kLogits = {std::log(0.1f), std::log(0.4f), std::log(0.2f), std::log(0.3f)};

TEST(Sampler, GreedyTakesTheFirstOfTheBest) {
  Sampler sampler({});
  std::vector<float> logits = {1.0f, 3.0f, 3.0f, 2.0f};
  EXPECT_EQ(sampler.pick(logits, {}), 1);
}

TEST(Sampler, TemperatureOneFollowsTheDistribution) {
  constexpr int kDraws = 20000;
  const auto counts = draw({.temperature = 1.0f, .seed = 7}, kLogits, kDraws);
  const double expected[] = {0.1, 0.4, 0.2, 0.3};
  for (int token = 0; token < 4; ++token) {
    // Five standard deviations of a binomial count.
    const double p = expected[token];
    EXPECT_NEAR(counts.at(token), kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)));
  }
}

TEST(Sampler, TopKKeepsTheMostLikely) {
  const auto counts = draw({.temperature = 1.0f, .top_k = 2, .seed = 1}, kLogits, 2000);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_TRUE(counts.contains(1) && counts.contains(3));
}

TEST(Sampler, TopPKeepsTheSmallestSetWithTheMass) {
  // 0.4 + 0.3 = 0.7 is the first sum of at least 0.65.
  const auto two = draw({.temperature = 1.0f, .top_p = 0.65f, .seed = 1}, kLogits, 2000);
  EXPECT_EQ(two.size(), 2u);
  const auto one = draw({.temperature = 1.0f, .top_p = 0.3f, .seed = 1}, kLogits, 200);
  EXPECT_EQ(one.size(), 1u);
  EXPECT_TRUE(one.contains(1));
}

TEST(Sampler, MinPDropsTokensFarBelowTheBest) {
  // The best has 0.4: a share of 0.6 asks for 0.24.
  const auto counts = draw({.temperature = 1.0f, .min_p = 0.6f, .seed = 1}, kLogits, 2000);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_TRUE(counts.contains(1) && counts.contains(3));
}

TEST(Sampler, PenaltyDividesPositiveAndMultipliesNegativeLogitsOnce) {
  Sampler sampler({.repetition_penalty = 2.0f});
  std::vector<float> logits = {4.0f, 3.0f, -1.0f};
  const std::vector<int32_t> seen = {0, 0, 2};
  EXPECT_EQ(sampler.pick(logits, seen), 1);
  EXPECT_THAT(logits, ::testing::ElementsAre(2.0f, 3.0f, -2.0f));
}

TEST(Sampler, SameSeedSamePicks) {
  const SamplingOptions options{.temperature = 0.8f, .top_k = 3, .top_p = 0.9f, .seed = 42};
  Sampler a(options);
  Sampler b(options);
  for (int i = 0; i < 100; ++i) {
    std::vector<float> left = kLogits;
    std::vector<float> right = kLogits;
    EXPECT_EQ(a.pick(left, {}), b.pick(right, {}));
  }
}

TEST(Sampler, RefusesOptionsOutOfRange) {
  EXPECT_TRUE(check({}));
  const auto message = [](const SamplingOptions& o) { return check(o).error().message; };
  EXPECT_EQ(message({.temperature = -1.0f}),
            "[lm/sampler] temperature: expected a number of at least 0, found -1");
  EXPECT_THAT(message({.top_k = -2}), HasSubstr("top-k: expected at least 0, found -2"));
  EXPECT_THAT(message({.top_p = 0.0f}), HasSubstr("top-p"));
  EXPECT_THAT(message({.min_p = 1.0f}), HasSubstr("min-p"));
  EXPECT_THAT(message({.repetition_penalty = 0.0f}), HasSubstr("repetition-penalty"));
}

}  // namespace
}  // namespace sextant::lm
