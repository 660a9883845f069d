#include "sextant/nn/attention.h"

#include <gtest/gtest.h>

namespace sextant::nn {
namespace {

torch::Tensor random_tensor(torch::IntArrayRef shape, uint64_t seed) {
  return torch::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), torch::kDouble);
}

// softmax(q k^T / sqrt(D)) v where `sees` [T,T] is true.
torch::Tensor plain_attention(const torch::Tensor& q, const torch::Tensor& k,
                              const torch::Tensor& v, const torch::Tensor& sees) {
  const auto scores =
      torch::matmul(q, k.transpose(-2, -1)) / std::sqrt(static_cast<double>(q.size(-1)));
  const auto masked =
      scores.masked_fill(sees.logical_not(), -std::numeric_limits<double>::infinity());
  return torch::matmul(torch::softmax(masked, -1), v);
}

TEST(Attention, SplitsAndMergesHeads) {
  const auto x = torch::arange(24).reshape({1, 2, 12});
  const auto heads = split_heads(x, 3);
  EXPECT_EQ(heads.sizes(), (torch::IntArrayRef{1, 3, 2, 4}));
  EXPECT_EQ((heads.index({0, 2, 1, 3}).item<int64_t>()), 23);
  EXPECT_TRUE(torch::equal(merge_heads(heads), x));
}

TEST(Attention, EqualsItsDefinition) {
  const auto q = random_tensor({2, 4, 7, 8}, 1);
  const auto k = random_tensor({2, 4, 7, 8}, 2);
  const auto v = random_tensor({2, 4, 7, 8}, 3);
  const auto sees = torch::ones({7, 7}, torch::kBool).tril();
  EXPECT_TRUE(
      torch::allclose(causal_attention(q, k, v, {}), plain_attention(q, k, v, sees), 1e-12, 1e-12));
}

TEST(Attention, GroupsOfQueriesShareKeysAndValues) {
  const auto q = random_tensor({1, 6, 5, 4}, 1);
  const auto k = random_tensor({1, 2, 5, 4}, 2);
  const auto v = random_tensor({1, 2, 5, 4}, 3);
  const auto sees = torch::ones({5, 5}, torch::kBool).tril();
  const auto expected =
      plain_attention(q, k.repeat_interleave(3, 1), v.repeat_interleave(3, 1), sees);
  EXPECT_TRUE(torch::allclose(causal_attention(q, k, v, {}), expected, 1e-12, 1e-12));
}

TEST(Attention, TheMaskKeepsSegmentsApart) {
  const auto segments = torch::tensor({0, 0, 1, 1, 1, 2}).unsqueeze(0);
  const auto mask = segment_mask(segments);
  EXPECT_EQ(mask.sizes(), (torch::IntArrayRef{1, 1, 6, 6}));
  for (int64_t query = 0; query < 6; ++query) {
    for (int64_t key = 0; key < 6; ++key) {
      const bool same = segments.index({0, query}).equal(segments.index({0, key}));
      EXPECT_EQ((mask.index({0, 0, query, key}).item<bool>()), same && key <= query)
          << query << " " << key;
    }
  }
  EXPECT_FALSE(segment_mask({}).defined());
  const auto q = random_tensor({1, 2, 6, 4}, 1);
  EXPECT_TRUE(torch::allclose(causal_attention(q, q, q, mask),
                              plain_attention(q, q, q, mask.index({0, 0})), 1e-12, 1e-12));
}

// Central differences in f64: the fused attention's backward pass is that of its forward pass.
TEST(Attention, GradientsAreThoseOfFiniteDifferences) {
  const auto q = random_tensor({1, 2, 3, 4}, 1).requires_grad_(true);
  const auto k = random_tensor({1, 1, 3, 4}, 2);
  const auto weight = random_tensor({1, 2, 3, 4}, 3);
  const auto loss = [&](const torch::Tensor& query) {
    return (causal_attention(query, k, k, {}) * weight).sum();
  };
  loss(q).backward();
  const torch::NoGradGuard no_grad;
  for (int64_t i = 0; i < q.numel(); ++i) {
    torch::Tensor step = torch::zeros_like(q);
    step.view(-1)[i] = 1e-5;
    const double slope = ((loss(q + step) - loss(q - step)) / 2e-5).item<double>();
    EXPECT_NEAR(q.grad().view(-1)[i].item<double>(), slope, 1e-8) << i;
  }
}

}  // namespace
}  // namespace sextant::nn
