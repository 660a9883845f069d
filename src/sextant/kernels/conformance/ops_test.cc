#include "sextant/kernels/ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sextant/base/half.h"
#include "sextant/kernels/conformance/suite.h"
#include "sextant/kernels/ref/oracle.h"

namespace sextant::kernels {
namespace {

using conformance::for_each_target;
using conformance::random_floats;

constexpr double kEpsilon = 0x1p-24;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
const std::vector<int64_t> kLengths = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 97, 576, 1537};

// |actual - exact| <= steps * half an ulp of the exact value, or of the smallest normal number.
void expect_close(std::span<const float> actual, std::span<const double> exact, double steps) {
  ASSERT_EQ(actual.size(), exact.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const double bound = steps * kEpsilon * std::max(std::fabs(exact[i]), 0x1p-126);
    ASSERT_LE(std::fabs(static_cast<double>(actual[i]) - exact[i]), bound)
        << "value " << i << " of " << actual.size() << ": " << actual[i] << ", exact " << exact[i];
  }
}

// The squares are all positive: n additions in at least 1 lane, then a square root, a division and
// two products.
TEST(RmsNorm, MatchesTheOracle) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      const std::vector<float> x = random_floats(n, 1, 3.0f);
      const std::vector<float> weight = random_floats(n, 2);
      std::vector<float> out(x.size());
      rms_norm(x, weight, 1e-5f, out);
      expect_close(out, ref::rms_norm(x, weight, 1e-5), static_cast<double>(n) / 2 + 8);
    }
  });
}

// The mean is off by up to n half-ulp of the largest value, which counts as an absolute error of
// the normalised value (the deviation is about 3); the rest as for RmsNorm.
TEST(LayerNorm, MatchesTheOracle) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      std::vector<float> x = random_floats(n, 1, 3.0f);
      for (float& v : x) {
        v += 5.0f;
      }
      const std::vector<float> weight = random_floats(n, 2);
      const std::vector<float> bias = random_floats(n, 3);
      const std::vector<double> exact = ref::layer_norm(x, weight, bias, 1e-2);
      layer_norm(x, weight, bias, 1e-2f, x);  // in place
      for (size_t i = 0; i < x.size(); ++i) {
        ASSERT_NEAR(x[i], exact[i], (static_cast<double>(n) + 64) * kEpsilon * 16)
            << "value " << i << " of " << n;
      }
    }
  });
}

TEST(LayerNorm, KeepsSmallDeviationsBesideALargeMean) {
  for_each_target([] {
    std::vector<float> x(64, 4096.0f);
    for (size_t i = 0; i < x.size(); i += 2) {
      x[i] = 4097.0f;
    }
    const std::vector<float> ones(64, 1.0f);
    const std::vector<float> zeros(64);
    std::vector<float> out(64);
    layer_norm(x, ones, zeros, 0.0f, out);
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_FLOAT_EQ(out[i], i % 2 == 0 ? 1.0f : -1.0f);
    }
  });
}

// n additions of positive numbers, an exponential of 2 ulp (4 steps), its argument's rounding
// (magnitudes up to 32: 32 steps), a reciprocal and a product.
TEST(Softmax, MatchesTheOracle) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      const std::vector<float> x = random_floats(n, 3, 8.0f);
      std::vector<float> out = x;
      softmax(out);
      expect_close(out, ref::softmax(x), static_cast<double>(n) + 40);
      EXPECT_NEAR(log_sum_exp(x), ref::log_sum_exp(x), 1e-5);
    }
  });
}

TEST(Softmax, TreatsMinusInfinityAsAbsent) {
  for_each_target([] {
    std::vector<float> x(37, -kInfinity);
    x[5] = 2.0f;
    x[36] = 2.0f;
    softmax(x);
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(x[i], i == 5 || i == 36 ? 0.5f : 0.0f);
    }
  });
}

TEST(Softmax, ShowsNaN) {
  for_each_target([] {
    for (const size_t at : {0u, 3u, 36u}) {
      std::vector<float> x(37, 1.0f);
      x[at] = std::numeric_limits<float>::quiet_NaN();
      softmax(x);
      EXPECT_TRUE(std::isnan(x[7]));
    }
  });
}

TEST(Exp, IsTwoUlpOffAtMost) {
  for_each_target([] {
    std::vector<float> x;
    for (float v = -87.3f; v < 88.7f; v += 0.00731f) {
      x.push_back(v);
    }
    std::vector<float> out(x.size());
    std::vector<double> exact(x.size());
    exp(x, out);
    for (size_t i = 0; i < x.size(); ++i) {
      exact[i] = std::exp(static_cast<double>(x[i]));
    }
    expect_close(out, exact, 4);
  });
}

TEST(Exp, HandlesTheEnds) {
  for_each_target([] {
    const std::vector<float> x = {-kInfinity, -200.0f,   -105.0f,
                                  0.0f,       -0.0f,     89.0f,
                                  1e30f,      kInfinity, std::numeric_limits<float>::quiet_NaN()};
    std::vector<float> out(x.size());
    exp(x, out);
    const std::vector<float> expected = {0, 0, 0, 1, 1, kInfinity, kInfinity, kInfinity};
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(out[i], expected[i]) << x[i];
    }
    EXPECT_TRUE(std::isnan(out.back()));
  });
}

TEST(SiluMul, MatchesTheOracle) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      std::vector<float> gate = random_floats(n, 5, 20.0f);
      const std::vector<float> up = random_floats(n, 6);
      const std::vector<double> exact = ref::silu_mul(gate, up);
      silu_mul(gate, up, gate);  // in place
      expect_close(gate, exact, 10);
    }
  });
}

// A fit of 3.2e-8 (1 step), seven of its own roundings, and the exponential of x^2 / 2, whose
// argument is rounded at up to 100.
TEST(Gelu, MatchesTheOracle) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      std::vector<float> x = random_floats(n, 13, 1.2f);
      const std::vector<double> exact = ref::gelu(x);
      gelu(x, x);  // in place
      expect_close(x, exact, 12);
    }
    std::vector<float> far;
    for (float v = -13.0f; v < 14.0f; v += 0.01f) {
      far.push_back(v);
    }
    std::vector<float> out(far.size());
    gelu(far, out);
    expect_close(out, ref::gelu(far), 100);
  });
}

// The argument of the sigmoid reaches 90 and is rounded.
TEST(GeluTanh, MatchesTheOracle) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      std::vector<float> x = random_floats(n, 14, 1.5f);
      const std::vector<double> exact = ref::gelu_tanh(x);
      gelu_tanh(x, x);  // in place
      expect_close(x, exact, 100);
    }
  });
}

TEST(Gelu, HandlesTheEnds) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for_each_target([&] {
    const std::vector<float> x = {0.0f, -0.0f, 1e30f, kInfinity, -1e30f, -40.0f, kNan};
    for (const auto& kernel : {gelu, gelu_tanh}) {
      std::vector<float> out(x.size());
      kernel(x, out);
      EXPECT_EQ(out[0], 0.0f);
      EXPECT_EQ(out[1], 0.0f);
      EXPECT_EQ(out[2], 1e30f);
      EXPECT_EQ(out[3], kInfinity);
      EXPECT_EQ(out[4], 0.0f);
      EXPECT_EQ(out[5], 0.0f);
      EXPECT_TRUE(std::isnan(out[6]));
    }
  });
}

TEST(Relu, CutsNegativeValues) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      const std::vector<float> x = random_floats(n, 15);
      std::vector<float> out(x.size());
      relu(x, out);
      for (size_t i = 0; i < x.size(); ++i) {
        ASSERT_EQ(out[i], std::max(x[i], 0.0f));
      }
    }
    std::vector<float> ends = {-kInfinity, kInfinity, std::numeric_limits<float>::quiet_NaN()};
    relu(ends, ends);
    EXPECT_EQ(ends[0], 0.0f);
    EXPECT_EQ(ends[1], kInfinity);
    EXPECT_TRUE(std::isnan(ends[2]));
  });
}

TEST(Add, AddsInPlace) {
  for_each_target([] {
    for (const int64_t n : kLengths) {
      const std::vector<float> x = random_floats(n, 7);
      const std::vector<float> before = random_floats(n, 8);
      std::vector<float> y = before;
      add(x, y);
      for (size_t i = 0; i < y.size(); ++i) {
        ASSERT_EQ(y[i], before[i] + x[i]);
      }
    }
  });
}

TEST(Rope, RotatesPairsAndKeepsTheRest) {
  for_each_target([] {
    for (const int64_t pairs : {0, 1, 4, 7, 16, 32, 33}) {
      const int64_t dim = 70;
      const std::vector<float> cos = random_floats(pairs, 9);
      const std::vector<float> sin = random_floats(pairs, 10);
      std::vector<float> heads = random_floats(3 * dim, 11);
      std::vector<float> expected = heads;
      ref::apply_rope(expected, dim, cos, sin);
      apply_rope(heads, dim, cos, sin);
      for (size_t i = 0; i < heads.size(); ++i) {
        // Two products and a sum, which may cancel: magnitudes are below 10.
        ASSERT_NEAR(heads[i], expected[i], 3 * kEpsilon * 10) << "pairs " << pairs << " at " << i;
      }
    }
  });
}

TEST(Narrow, RoundsLikeTheScalarForm) {
  std::vector<float> x = random_floats(1000, 12, 100.0f);
  x.insert(x.end(), {0.0f, -0.0f, 65504.0f, 65519.0f, 65520.0f, -1e9f, 6e-8f, 1e-9f, 0x1p-14f,
                     kInfinity, 0x1.002p0f, 0x1.006p0f});
  for_each_target([&] {
    std::vector<uint16_t> out(x.size());
    f32_to_f16(x, out);
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(out[i], sextant::f32_to_f16(x[i])) << x[i];
    }
  });
}

TEST(Ops, RefuseUnequalLengths) {
  std::vector<float> a(3);
  std::vector<float> b(4);
  EXPECT_THROW(add(a, b), SextantError);
  EXPECT_THROW(rms_norm(a, b, 1e-5f, a), SextantError);
  EXPECT_THROW(layer_norm(a, a, b, 1e-5f, a), SextantError);
  EXPECT_THROW(layer_norm({}, {}, {}, 1e-5f, {}), SextantError);
  EXPECT_THROW(gelu(a, b), SextantError);
  EXPECT_THROW(gelu_tanh(a, b), SextantError);
  EXPECT_THROW(relu(a, b), SextantError);
  EXPECT_THROW(silu_mul(a, a, b), SextantError);
  EXPECT_THROW(exp(a, b), SextantError);
  EXPECT_THROW(apply_rope(b, 3, {}, {}), SextantError);
  EXPECT_THROW(softmax({}), SextantError);
}

}  // namespace
}  // namespace sextant::kernels
