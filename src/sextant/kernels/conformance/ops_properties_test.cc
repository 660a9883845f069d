// Row operations at the ends of the range of numbers, and what their formulas promise.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include <gtest/gtest.h>

#include "sextant/kernels/conformance/suite.h"
#include "sextant/kernels/ops.h"

namespace sextant::kernels {
namespace {

using conformance::for_each_target;
using conformance::random_floats;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

struct Angles {
  std::vector<float> cos, sin;
};

Angles angles(int64_t pairs, int64_t position) {
  Angles out;
  for (int64_t i = 0; i < pairs; ++i) {
    const double angle = static_cast<double>(position) *
                         std::pow(10000.0, -static_cast<double>(i) /
                                               static_cast<double>(std::max<int64_t>(1, pairs)));
    out.cos.push_back(static_cast<float>(std::cos(angle)));
    out.sin.push_back(static_cast<float>(std::sin(angle)));
  }
  return out;
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

std::vector<float> turned(std::vector<float> x, int64_t head_dim, int64_t position) {
  const Angles a = angles(head_dim / 2, position);
  apply_rope(x, head_dim, a.cos, a.sin);
  return x;
}

TEST(RopeProperties, OddHeadsKeepTheirLastValue) {
  for_each_target([] {
    for (const int64_t dim : {1, 3, 5, 9, 17, 33, 63, 65}) {
      const std::vector<float> before = random_floats(4 * dim, 1);
      const std::vector<float> after = turned(before, dim, 7);
      for (int64_t h = 0; h < 4; ++h) {
        const auto last = static_cast<size_t>((h + 1) * dim - 1);
        EXPECT_EQ(after[last], before[last]) << "head_dim " << dim;
        if (dim > 1) {
          EXPECT_NE(after[last - 1], before[last - 1]) << "head_dim " << dim;
        }
      }
    }
  });
}

TEST(RopeProperties, AQuarterTurnSwapsTheHalves) {
  for_each_target([] {
    const std::vector<float> cos(20, 0.0f);
    const std::vector<float> sin(20, 1.0f);
    const std::vector<float> before = random_floats(2 * 40, 2);
    std::vector<float> after = before;
    apply_rope(after, 40, cos, sin);
    for (size_t h = 0; h < 2; ++h) {
      for (size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(after[h * 40 + i], -before[h * 40 + 20 + i]);
        EXPECT_EQ(after[h * 40 + 20 + i], before[h * 40 + i]);
      }
    }
  });
}

// What attention relies on: products of a query and a key depend on their distance alone.
TEST(RopeProperties, ProductsDependOnTheDistance) {
  for_each_target([] {
    for (const int64_t dim : {8, 24, 64, 128}) {
      const std::vector<float> q = random_floats(dim, 3);
      const std::vector<float> k = random_floats(dim, 4);
      const double near = dot(turned(q, dim, 5), turned(k, dim, 2));
      const double far = dot(turned(q, dim, 905), turned(k, dim, 902));
      // Two rotations of about one ulp each in every value.
      EXPECT_NEAR(near, far, static_cast<double>(dim) * 1e-6);
      EXPECT_EQ(turned(q, dim, 0), q);
      EXPECT_NEAR(dot(turned(q, dim, 77), turned(q, dim, 77)), dot(q, q),
                  static_cast<double>(dim) * 1e-6);
    }
  });
}

TEST(SoftmaxProperties, SurvivesTheLargestNumbers) {
  for_each_target([] {
    std::vector<float> x = {kLargest, -kLargest, kLargest, 0.0f, -kInfinity};
    softmax(x);
    EXPECT_EQ(x, (std::vector<float>{0.5f, 0.0f, 0.5f, 0.0f, 0.0f}));
    std::vector<float> low(33, -kLargest);
    softmax(low);
    for (const float v : low) {
      EXPECT_NEAR(v, 1.0f / 33, 1e-8);
    }
  });
}

TEST(SoftmaxProperties, ARowOfNothingIsNaN) {
  for_each_target([] {
    for (const size_t n : {1u, 7u, 16u, 40u}) {
      std::vector<float> x(n, -kInfinity);
      softmax(x);
      for (const float v : x) {
        EXPECT_TRUE(std::isnan(v)) << n;
      }
    }
  });
}

TEST(SoftmaxProperties, OneFiniteValueTakesAll) {
  for_each_target([] {
    for (size_t n = 1; n < 70; ++n) {
      std::vector<float> x(n, -kInfinity);
      x[n - 1] = -1e30f;
      softmax(x);
      EXPECT_EQ(x[n - 1], 1.0f) << n;
      EXPECT_EQ(std::accumulate(x.begin(), x.end(), 0.0f), 1.0f) << n;
    }
  });
}

// Adding a whole number that all sums hold exactly changes no bit.
TEST(SoftmaxProperties, ACommonShiftChangesNothing) {
  for_each_target([] {
    std::vector<float> x;
    for (int i = 0; i < 100; ++i) {
      x.push_back(static_cast<float>(i * 37 % 41) * 0.125f);
    }
    std::vector<float> shifted = x;
    for (float& v : shifted) {
      v += 1024.0f;
    }
    softmax(x);
    softmax(shifted);
    EXPECT_EQ(x, shifted);
  });
}

TEST(LogSumExpProperties, ExtremeValues) {
  for_each_target([] {
    EXPECT_EQ(log_sum_exp(std::vector<float>{3.5f}), 3.5f);
    EXPECT_EQ(log_sum_exp(std::vector<float>{kLargest, 1.0f}), kLargest);
    EXPECT_EQ(log_sum_exp(std::vector<float>{-kInfinity, -7.0f, -kInfinity}), -7.0f);
    EXPECT_NEAR(log_sum_exp(std::vector<float>{-1000.0f, -1000.0f}), -1000 + std::numbers::ln2,
                1e-4);
    EXPECT_NEAR(log_sum_exp(std::vector<float>{1000.0f, 1000.0f}), 1000 + std::numbers::ln2, 1e-4);
    EXPECT_TRUE(
        std::isnan(log_sum_exp(std::vector<float>{0.0f, std::numeric_limits<float>::quiet_NaN()})));
  });
}

// The size of a vocabulary: a plain sum in one f32 would lose digits.
TEST(LogSumExpProperties, ManyEqualValues) {
  for_each_target([] {
    for (const size_t n : {1000u, 49152u, 151936u}) {
      const std::vector<float> x(n, -3.0f);
      EXPECT_NEAR(log_sum_exp(x), std::log(static_cast<double>(n)) - 3.0, 1e-5) << n;
    }
  });
}

TEST(RmsNormProperties, EpsilonKeepsZerosAndDecidesTinyRows) {
  for_each_target([] {
    for (const size_t n : {1u, 8u, 37u}) {
      const std::vector<float> weight(n, 2.0f);
      std::vector<float> out(n, 9.0f);
      rms_norm(std::vector<float>(n, 0.0f), weight, 1e-5f, out);
      EXPECT_EQ(out, std::vector<float>(n, 0.0f));
      // Squares far below epsilon: x / sqrt(epsilon).
      rms_norm(std::vector<float>(n, 1e-10f), weight, 0.25f, out);
      for (const float v : out) {
        EXPECT_NEAR(v, 4e-10f, 1e-15);
      }
      // Mean square 9 and epsilon 7: x / 4.
      rms_norm(std::vector<float>(n, -3.0f), weight, 7.0f, out);
      for (const float v : out) {
        EXPECT_NEAR(v, -1.5f, 1e-6);
      }
    }
  });
}

TEST(RmsNormProperties, WithoutEpsilonTheSizeDoesNotMatter) {
  for_each_target([] {
    const std::vector<float> x = random_floats(96, 5);
    std::vector<float> larger = x;
    for (float& v : larger) {
      v *= 0x1p40f;
    }
    const std::vector<float> weight = random_floats(96, 6);
    std::vector<float> a(96);
    std::vector<float> b(96);
    rms_norm(x, weight, 0.0f, a);
    rms_norm(larger, weight, 0.0f, b);
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_FLOAT_EQ(a[i], b[i]);
    }
  });
}

TEST(RmsNormProperties, MayWorkInPlace) {
  for_each_target([] {
    for (const int64_t n : {1, 7, 16, 33, 576}) {
      std::vector<float> x = random_floats(n, 7);
      const std::vector<float> weight = random_floats(n, 8);
      std::vector<float> out(x.size());
      rms_norm(x, weight, 1e-6f, out);
      rms_norm(x, weight, 1e-6f, x);
      EXPECT_EQ(x, out) << n;
    }
  });
}

TEST(SiluMulProperties, TheEndsOfTheGate) {
  for_each_target([] {
    const std::vector<float> gate = {0.0f, 100.0f, -100.0f, -1e30f, 1e30f, kInfinity};
    const std::vector<float> up = {5.0f, 2.0f, 2.0f, 2.0f, 2.0f, 2.0f};
    std::vector<float> out(6);
    silu_mul(gate, up, out);
    EXPECT_EQ(out[0], 0.0f);
    EXPECT_EQ(out[1], 200.0f);
    EXPECT_NEAR(out[2], 0.0f, 1e-36);
    EXPECT_EQ(out[3], 0.0f);
    EXPECT_EQ(out[4], 2e30f);
    EXPECT_EQ(out[5], kInfinity);
  });
}

TEST(LayerNormProperties, ARowWithoutSpreadGivesTheBias) {
  for_each_target([] {
    for (const int64_t n : {1, 8, 37}) {
      const std::vector<float> bias = random_floats(n, 9);
      std::vector<float> x(bias.size(), 4.0f);
      layer_norm(x, random_floats(n, 10), bias, 1e-5f, x);
      EXPECT_EQ(x, bias) << n;
    }
  });
}

TEST(LayerNormProperties, ShowsNaN) {
  for_each_target([] {
    for (const size_t at : {0u, 9u, 20u}) {
      std::vector<float> x = random_floats(21, 11);
      x[at] = std::numeric_limits<float>::quiet_NaN();
      layer_norm(x, random_floats(21, 12), random_floats(21, 13), 1e-5f, x);
      EXPECT_TRUE(std::isnan(x[5])) << at;
    }
  });
}

// Rows of one activation are cut over threads: where a value lies must not matter.
TEST(ActivationProperties, AValueDoesNotDependOnItsPlace) {
  for_each_target([] {
    const std::vector<float> x = random_floats(1537, 14, 3.0f);
    for (const auto& kernel : {gelu, gelu_tanh, relu}) {
      std::vector<float> whole(x.size());
      kernel(x, whole);
      for (const int64_t n : {1, 2, 7, 8, 9, 15, 17, 33, 384}) {
        std::vector<float> part(x.end() - n, x.end());
        kernel(part, part);
        EXPECT_EQ(part, std::vector<float>(whole.end() - n, whole.end())) << n;
      }
    }
  });
}

}  // namespace
}  // namespace sextant::kernels
