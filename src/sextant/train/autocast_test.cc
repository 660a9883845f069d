#include "sextant/train/autocast.h"

#include <gtest/gtest.h>

namespace sextant::train {
namespace {

TEST(Autocast, ProductsAreNarrowAndLossesWide) {
  torch::nn::Linear layer(16, 4);
  const torch::Tensor x = torch::randn({3, 16});
  {
    const Autocast on(torch::kCPU, "bf16");
    const torch::Tensor y = layer(x);
    EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
    const torch::Tensor loss = torch::nn::functional::cross_entropy(y, torch::tensor({0, 1, 2}));
    EXPECT_EQ(loss.scalar_type(), torch::kFloat);
    loss.backward();
  }
  EXPECT_EQ(layer->weight.scalar_type(), torch::kFloat);
  EXPECT_EQ(layer->weight.grad().scalar_type(), torch::kFloat);
  EXPECT_EQ(layer(x).scalar_type(), torch::kFloat);
}

TEST(Autocast, F32ChangesNothing) {
  const Autocast off(torch::kCPU, "f32");
  EXPECT_EQ(torch::nn::Linear(16, 4)(torch::randn({3, 16})).scalar_type(), torch::kFloat);
}

// The copies that autocast keeps of weights do not outlive the step that they belong to.
TEST(Autocast, SeesWeightsThatAnUpdateChanged) {
  torch::nn::Linear layer(torch::nn::LinearOptions(1, 1).bias(false));
  const auto run = [&] {
    const Autocast on(torch::kCPU, "bf16");
    return layer(torch::ones({1, 1})).to(torch::kFloat).item<float>();
  };
  for (const float value : {1.0f, 2.0f}) {
    const torch::NoGradGuard no_grad;
    layer->weight.fill_(value);
    const torch::AutoGradMode grad(true);
    EXPECT_EQ(run(), value);
  }
}

}  // namespace
}  // namespace sextant::train
