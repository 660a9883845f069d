#include "sextant/nn/recompute.h"

#include <gtest/gtest.h>

namespace sextant::nn {
namespace {

TEST(Recompute, GivesValuesAndGradientsOfThePlainCall) {
  const auto weight = torch::linspace(-1, 1, 9).reshape({3, 3}).requires_grad_(true);
  const auto part = [&](const torch::Tensor& x) { return torch::tanh(torch::matmul(x, weight)); };
  const auto input = torch::linspace(0, 1, 6).reshape({2, 3});
  std::vector<torch::Tensor> outputs, to_weight, to_input;
  for (const bool recompute : {false, true}) {
    const auto x = input.clone().requires_grad_(true);
    weight.mutable_grad() = torch::Tensor();
    const auto y = recompute ? recomputed(part, x) : part(x);
    y.square().sum().backward();
    outputs.push_back(y.detach());
    to_weight.push_back(weight.grad().clone());
    to_input.push_back(x.grad().clone());
  }
  EXPECT_TRUE(torch::equal(outputs[0], outputs[1]));
  EXPECT_TRUE(torch::equal(to_weight[0], to_weight[1]));
  EXPECT_TRUE(torch::equal(to_input[0], to_input[1]));
}

TEST(Recompute, ReachesParametersBehindAnInputWithoutGradient) {
  const auto weight = torch::ones({3}).requires_grad_(true);
  recomputed([&](const torch::Tensor& x) { return x * weight; }, torch::arange(3.0))
      .sum()
      .backward();
  EXPECT_TRUE(torch::equal(weight.grad(), torch::arange(3.0)));
}

}  // namespace
}  // namespace sextant::nn
