#include "sextant/kernels/gradients.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sextant/base/error.h"
#include "sextant/kernels/conformance/suite.h"
#include "sextant/kernels/ref/gradients.h"

namespace sextant::kernels {
namespace {

using conformance::for_each_target;
using conformance::random_floats;

const std::vector<int64_t> kLengths = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 97, 576, 1537};

std::vector<double> wide(std::span<const float> x) { return {x.begin(), x.end()}; }

void expect_near(std::span<const float> actual, std::span<const double> exact, double bound) {
  ASSERT_EQ(actual.size(), exact.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(actual[i]), exact[i], bound) << i << " of " << actual.size();
  }
}

// Values of about 3 give terms of about 10; sums of n of them in lanes, then their mean.
TEST(RmsNormBackward, MatchesTheOracle) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      const auto size = static_cast<size_t>(n);
      const auto x = random_floats(n, 1, 3.0f);
      const auto weight = random_floats(n, 2);
      const auto grad = random_floats(n, 3);
      std::vector<float> grad_x(size);
      std::vector<float> grad_weight(size, 0.5f);
      rms_norm_backward(x, weight, 1e-5f, grad, {grad_x, grad_weight});
      std::vector<double> exact_x(size);
      std::vector<double> exact_weight(size, 0.5);
      ref::rms_norm_backward(wide(x), wide(weight), 1e-5, wide(grad), exact_x, exact_weight);
      double largest = 1;
      for (const double v : exact_x) {
        largest = std::max(largest, std::fabs(v));
      }
      expect_near(grad_x, exact_x, largest * (32 + std::sqrt(static_cast<double>(n))) * 0x1p-24);
      expect_near(grad_weight, exact_weight, 64 * 0x1p-24 * largest);
    }
  });
}

TEST(SiluMulBackward, MatchesTheOracle) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      const auto size = static_cast<size_t>(n);
      auto gate = random_floats(n, 1, 4.0f);
      gate[0] = -100;  // the sigmoid's far end
      const auto up = random_floats(n, 2);
      const auto grad = random_floats(n, 3);
      std::vector<float> grad_gate(size), grad_up(size);
      silu_mul_backward(gate, up, grad, grad_gate, grad_up);
      std::vector<double> exact_gate(size), exact_up(size);
      ref::silu_mul_backward(wide(gate), wide(up), wide(grad), exact_gate, exact_up);
      // Products of up to 1 * 1 * 4 with some roundings each.
      expect_near(grad_gate, exact_gate, 64 * 0x1p-24);
      expect_near(grad_up, exact_up, 64 * 0x1p-24);
    }
  });
}

TEST(Gradients, RefuseSpansThatDoNotFit) {
  std::vector<float> three(3), four(4);
  EXPECT_THROW(rms_norm_backward(three, three, 1e-5f, four, {three, three}), SextantError);
  EXPECT_THROW(rms_norm_backward({}, {}, 1e-5f, {}, {{}, {}}), SextantError);
  EXPECT_THROW(silu_mul_backward(three, three, three, three, four), SextantError);
}

}  // namespace
}  // namespace sextant::kernels
