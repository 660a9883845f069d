#include "sextant/lm/perplexity.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/open_tensors.h"
#include "sextant/lm/language_model.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;

class PerplexityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto golden = value_or_throw(
        io::open_tensors(test_data::repository("tests/parity/lm/stories260k.safetensors")));
    const auto view = value_or_throw(golden->view("greedy_ids"));
    const auto ids = view.as<int64_t>();
    ids_.assign(ids.begin(), ids.end());
  }
  Result<PerplexityResult> run(const PerplexityOptions& options) {
    PerplexityOptions exact = options;
    exact.precision = Precision::kF32;
    return perplexity(model_, ids_, exact, {.pool = pool_});
  }
  // Mean negative log likelihood of tokens [from, to) with the context from `begin` on.
  double mean_nll(size_t begin, size_t from, size_t to) {
    DecoderState state = model_.make_state(static_cast<int64_t>(to - begin), Precision::kF32);
    const auto hidden = model_.forward(std::span(ids_).subspan(begin, to - begin), state, pool_);
    std::vector<float> logits((to - begin) * 512);
    model_.logits(hidden, logits, state, pool_);
    double sum = 0;
    for (size_t i = from; i < to; ++i) {
      sum +=
          negative_log_likelihood(std::span(logits).subspan((i - 1 - begin) * 512, 512), ids_[i]);
    }
    return sum / static_cast<double>(to - from);
  }

  ThreadPool pool_{2};
  Decoder model_ =
      value_or_throw(load_decoder(test_data::repository("models/stories260k"), {.pool = pool_}));
  std::vector<int32_t> ids_;
};

TEST(NegativeLogLikelihood, IsThatOfTheSoftmax) {
  const std::vector<float> logits = {1.0f, 2.0f, 3.0f};
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  EXPECT_NEAR(negative_log_likelihood(logits, 1), std::log(sum) - 2.0, 1e-6);
}

TEST_F(PerplexityTest, SimpleMatchesTheReferenceOfTheWholeText) {
  const auto result = run({.context = static_cast<int64_t>(ids_.size())});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->windows, 1);
  EXPECT_EQ(result->scored_tokens, 200);
  EXPECT_NEAR(result->mean_nll, 0.4734176, 1e-5);  // float64 reference of the same text
  EXPECT_NEAR(result->perplexity, std::exp(result->mean_nll), 1e-12);
  EXPECT_GT(result->standard_error, 0);
}

TEST_F(PerplexityTest, SimpleScoresAllButTheFirstOfEachWindow) {
  const auto result = value_or_throw(run({.context = 50}));
  EXPECT_EQ(result.windows, 4);  // the last token fills no window
  EXPECT_EQ(result.scored_tokens, 4 * 49);
  double expected = 0;
  for (size_t begin = 0; begin < 200; begin += 50) {
    expected += mean_nll(begin, begin + 1, begin + 50) / 4;
  }
  EXPECT_NEAR(result.mean_nll, expected, 1e-6);
}

TEST_F(PerplexityTest, LlamaCppScoresTheSecondHalf) {
  const auto result =
      value_or_throw(run({.method = PerplexityMethod::kLlamaCpp, .context = 64, .windows = 2}));
  EXPECT_EQ(result.windows, 2);
  EXPECT_EQ(result.scored_tokens, 2 * 31);
  EXPECT_NEAR(result.mean_nll, (mean_nll(0, 33, 64) + mean_nll(64, 97, 128)) / 2, 1e-6);
}

TEST_F(PerplexityTest, SlidingScoresEachTokenOnce) {
  const auto result = value_or_throw(
      run({.method = PerplexityMethod::kSliding, .context = 60, .stride = 20, .windows = 3}));
  EXPECT_EQ(result.windows, 3);
  EXPECT_EQ(result.scored_tokens, 59 + 20 + 20);
  const double expected =
      (59 * mean_nll(0, 1, 60) + 20 * mean_nll(20, 60, 80) + 20 * mean_nll(40, 80, 100)) / 99;
  EXPECT_NEAR(result.mean_nll, expected, 1e-6);
}

TEST_F(PerplexityTest, RefusesWhatItCannotMeasure) {
  EXPECT_THAT(run({.context = 1}).error().message, HasSubstr("context: expected 2 to 512"));
  EXPECT_THAT(run({.context = 513}).error().message, HasSubstr("found 513"));
  EXPECT_THAT(run({.context = 400}).error().message,
              HasSubstr("at least one window of 400 tokens, found 201"));
  EXPECT_THAT(
      run({.method = PerplexityMethod::kSliding, .context = 50, .stride = 50}).error().message,
      HasSubstr("stride: expected 1 to 49"));
  CancelToken cancel;
  cancel.cancel();
  const auto stopped =
      perplexity(model_, ids_, {.context = 50}, {.pool = pool_, .cancel = &cancel});
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  ids_[3] = -1;
  EXPECT_THAT(run({.context = 50}).error().message, HasSubstr("token 3 of the input"));
}

TEST(PerplexityMethod, NamesRoundTrip) {
  for (const char* name : {"simple", "llama.cpp", "sliding"}) {
    EXPECT_EQ(to_string(*perplexity_method_named(name)), name);
  }
  EXPECT_FALSE(perplexity_method_named("strided"));
}

}  // namespace
}  // namespace sextant::lm
