#include "sextant/nn/row_ops.h"

#include <gtest/gtest.h>

namespace sextant::nn {
namespace {

using Inputs = std::vector<torch::Tensor>;
using Call = std::function<torch::Tensor(const Inputs&)>;

torch::Tensor random_tensor(torch::IntArrayRef shape, uint64_t seed,
                            torch::Dtype type = torch::kDouble) {
  return torch::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), torch::kDouble)
      .to(type);
}

// Gradients by autograd of sum(call * direction) for fixed random directions.
Inputs gradients(const Call& call, const Inputs& inputs) {
  Inputs leaves;
  for (const torch::Tensor& input : inputs) {
    leaves.push_back(input.detach().clone().set_requires_grad(true));
  }
  const torch::Tensor out = call(leaves);
  (out * random_tensor(out.sizes(), 99, out.scalar_type())).sum().backward();
  Inputs grads;
  for (const torch::Tensor& leaf : leaves) {
    grads.push_back(leaf.grad());
  }
  return grads;
}

// Central differences with h = 1e-6 in f64: their error is about 1e-9 for values of order 1.
void expect_finite_differences(const Call& call, const Inputs& inputs) {
  const Inputs grads = gradients(call, inputs);
  const torch::NoGradGuard no_grad;
  const torch::Tensor direction = random_tensor(call(inputs).sizes(), 99);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const torch::Tensor flat = inputs[i].view({-1});
    for (int64_t j = 0; j < flat.numel(); ++j) {
      constexpr double kStep = 1e-6;
      const auto value = flat[j].item<double>();
      flat[j] = value + kStep;
      const auto above = (call(inputs) * direction).sum().item<double>();
      flat[j] = value - kStep;
      const auto below = (call(inputs) * direction).sum().item<double>();
      flat[j] = value;
      EXPECT_NEAR(grads[i].reshape({-1})[j].item<double>(), (above - below) / (2 * kStep), 1e-7)
          << "input " << i << " value " << j;
    }
  }
}

// Values and gradients in f32 on the kernels beside f64 on the oracle.
void expect_kernels_equal_oracle(const Call& call, const Inputs& inputs, double bound) {
  Inputs narrow;
  for (const torch::Tensor& input : inputs) {
    narrow.push_back(input.to(torch::kFloat));
  }
  EXPECT_LT((call(narrow).to(torch::kDouble) - call(inputs)).abs().max().item<double>(), bound);
  const Inputs exact = gradients(call, inputs);
  const Inputs found = gradients(call, narrow);
  for (size_t i = 0; i < exact.size(); ++i) {
    EXPECT_LT((found[i].to(torch::kDouble) - exact[i]).abs().max().item<double>(), bound) << i;
  }
}

const Call kRmsNorm = [](const Inputs& in) { return rms_norm(in[0], in[1], 1e-5); };
const Call kSiluMul = [](const Inputs& in) { return silu_mul(in[0], in[1]); };

torch::Tensor angles() { return torch::arange(7 * 4, torch::kDouble).view({7, 4}) * 0.3; }

const Call kRotary = [](const Inputs& in) {
  const auto type = in[0].scalar_type();
  return rotary(in[0], 8, angles().cos().to(type), angles().sin().to(type));
};

TEST(RowOps, GradientsEqualFiniteDifferences) {
  expect_finite_differences(kRmsNorm, {random_tensor({2, 3, 5}, 1), random_tensor({5}, 2)});
  expect_finite_differences(kSiluMul, {random_tensor({2, 7}, 1), random_tensor({2, 7}, 2)});
  expect_finite_differences(kRotary, {random_tensor({2, 5, 16}, 1)});
}

// 700 rows are several blocks of the weight's gradient, which sums 700 terms.
TEST(RowOps, KernelsEqualTheOracle) {
  expect_kernels_equal_oracle(kRmsNorm, {random_tensor({700, 192}, 1), random_tensor({192}, 2)},
                              2e-4);
  expect_kernels_equal_oracle(kSiluMul, {random_tensor({300, 97}, 1), random_tensor({300, 97}, 2)},
                              2e-5);
  expect_kernels_equal_oracle(kRotary, {random_tensor({3, 7, 32}, 1)}, 1e-5);
}

TEST(RowOps, EqualLibTorchsOperations) {
  const auto x = random_tensor({2, 5, 16}, 1);
  const auto weight = random_tensor({16}, 2);
  EXPECT_TRUE(torch::allclose(rms_norm(x, weight, 1e-5), at::rms_norm(x, {16}, weight, 1e-5), 1e-12,
                              1e-12));
  const auto up = random_tensor({2, 5, 16}, 3);
  EXPECT_TRUE(torch::allclose(silu_mul(x, up), torch::silu(x) * up, 1e-12, 1e-12));
  // A type that the kernels have not takes the other way.
  const auto narrow = x.to(torch::kBFloat16);
  const auto turned = rotary(narrow, 8, angles().cos(), angles().sin());
  EXPECT_EQ(turned.scalar_type(), torch::kBFloat16);
  EXPECT_LT((turned.to(torch::kDouble) - kRotary({x})).abs().max().item<double>(), 0.05);
  EXPECT_EQ(rms_norm(narrow, weight.to(torch::kBFloat16), 1e-5).scalar_type(), torch::kBFloat16);
  EXPECT_EQ(silu_mul(narrow, narrow).scalar_type(), torch::kBFloat16);
}

// A view with another order in memory, and a gradient that comes as one.
TEST(RowOps, TakeAnyStrides) {
  const auto x = random_tensor({5, 2, 16}, 1).transpose(0, 1);
  EXPECT_TRUE(torch::equal(kRotary({x}), kRotary({x.contiguous()})));
  const Call flipped = [](const Inputs& in) {
    return rms_norm(in[0].transpose(0, 1), in[1], 1e-5).transpose(0, 2);
  };
  expect_finite_differences(flipped, {random_tensor({2, 3, 5}, 1), random_tensor({5}, 2)});
}

TEST(RowOps, ThreadsChangeNoBit) {
  const Inputs inputs = {random_tensor({900, 192}, 1, torch::kFloat),
                         random_tensor({192}, 2, torch::kFloat)};
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Inputs one = gradients(kRmsNorm, inputs);
  at::set_num_threads(2);
  const Inputs two = gradients(kRmsNorm, inputs);
  at::set_num_threads(before);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_TRUE(torch::equal(one[i], two[i])) << i;
  }
}

}  // namespace
}  // namespace sextant::nn
