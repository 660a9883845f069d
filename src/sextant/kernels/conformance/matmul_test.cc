#include "sextant/kernels/matmul.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "sextant/kernels/conformance/suite.h"
#include "sextant/kernels/ref/oracle.h"

namespace sextant::kernels {
namespace {

using conformance::for_each_target;
using conformance::random_floats;
using conformance::random_weights;
using conformance::RandomWeights;

constexpr double kEpsilon = 0x1p-24;  // half an ulp of f32

std::vector<float> product(const WeightMatrix& w, std::span<const float> x, Precision precision,
                           ThreadPool& pool) {
  const auto tokens = static_cast<int64_t>(x.size()) / w.cols();
  Activations activations;
  activations.assign(x, tokens, w.cols(), precision, pool);
  std::vector<float> y(static_cast<size_t>(tokens * w.rows()), -77.0f);
  const Product job{.weights = &w, .out = y.data()};
  matmul(activations, {&job, 1}, pool);
  return y;
}

// |y - exact| in units of the bound: rounding of the products within a block (at most 32
// additions), of the blocks' sums, and of scale, minimum and conversion (6), each relative to the
// sum of magnitudes. The integer part of kInt8 is exact.
// Activations may be off by `slack` besides (one for each of x, or none).
void expect_close(std::span<const float> y, const RandomWeights& w, std::span<const float> x,
                  std::span<const float> slack = {}) {
  const auto tokens = static_cast<int64_t>(x.size()) / w.cols;
  const std::vector<double> exact = ref::matmul(w.values, x, w.rows, w.cols, tokens);
  const double steps = 32 + 2.0 * static_cast<double>(w.cols) / 32 + 6;
  const float minimum = is_quantised(w.dtype) ? conformance::kLargestMin : 0.0f;
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t r = 0; r < w.rows; ++r) {
      double magnitude = 0;
      double allowed = 0;
      for (int64_t c = 0; c < w.cols; ++c) {
        if (!slack.empty()) {
          allowed += static_cast<double>(std::fabs(w.values[static_cast<size_t>(r * w.cols + c)]) *
                                         slack[static_cast<size_t>(t * w.cols + c)]);
        }
        magnitude += static_cast<double>(
            (std::fabs(w.values[static_cast<size_t>(r * w.cols + c)]) + 2 * minimum) *
            std::fabs(x[static_cast<size_t>(t * w.cols + c)]));
      }
      const auto at = static_cast<size_t>(t * w.rows + r);
      ASSERT_LE(std::fabs(static_cast<double>(y[at]) - exact[at]),
                kEpsilon * steps * magnitude + allowed)
          << to_string(w.dtype) << " [" << w.rows << "," << w.cols << "] token " << t << " row "
          << r;
    }
  }
}

// How far kInt16 may move each value: half a step of the second integer, whose largest is half a
// step of the first.
std::vector<float> int16_slack(std::span<const float> x) {
  std::vector<float> slack(x.size());
  for (size_t block = 0; block < x.size(); block += kBlock) {
    float largest = 0;
    for (size_t i = block; i < block + kBlock; ++i) {
      largest = std::max(largest, std::fabs(x[i]));
    }
    std::fill_n(slack.begin() + static_cast<int64_t>(block), kBlock, largest / 254 / 254);
  }
  return slack;
}

class MatmulConformance : public testing::TestWithParam<DType> {
 protected:
  static std::vector<int64_t> columns() {
    const int64_t block = info(GetParam()).block_size;
    return block == 1 ? std::vector<int64_t>{1, 31, 32, 33, 70, 577}
                      : std::vector<int64_t>{block, 3 * block, block == 32 ? 576 : 768};
  }
};

TEST_P(MatmulConformance, MatchesTheOracleOnOddShapes) {
  const std::vector<int64_t> all_rows = {1, 2, 7, 13, 16, 17, 31, 47, 67, 70};
  const std::vector<int64_t> all_tokens = {0, 1, 2, 3, 5, 7, 8, 9, 17, 33};
  ThreadPool pool(2);
  for_each_target([&] {
    for (const int64_t cols : columns()) {
      for (size_t i = 0; i < all_rows.size(); ++i) {
        const int64_t tokens = all_tokens[(i + static_cast<size_t>(cols)) % all_tokens.size()];
        const auto seed = static_cast<uint32_t>(cols + 100 * tokens);
        const RandomWeights source = random_weights(GetParam(), all_rows[i], cols, seed);
        const auto w = value_or_throw(WeightMatrix::pack(source.view(), pool));
        const std::vector<float> x = random_floats(tokens * cols, seed + 1);
        expect_close(product(w, x, Precision::kF32, pool), source, x);
        if (is_quantised(GetParam())) {
          expect_close(product(w, x, Precision::kInt8, pool), source, ref::round_to_int8(x));
          expect_close(product(w, x, Precision::kInt16, pool), source, x, int16_slack(x));
        }
      }
    }
  });
}

// Bit-equal for any number of threads, for a token alone or among others.
TEST_P(MatmulConformance, DependsNeitherOnThreadsNorOnTheBatch) {
  const int64_t cols = columns().back();
  const RandomWeights source = random_weights(GetParam(), 67, cols, 5);
  ThreadPool one(1);
  ThreadPool three(3);
  const auto w = value_or_throw(WeightMatrix::pack(source.view(), three));
  const std::vector<float> x = random_floats(15 * cols, 6);
  for_each_target([&] {
    for (const Precision wanted : {Precision::kF32, Precision::kInt16, Precision::kInt8}) {
      const Precision p = precision_for(w, wanted);
      const std::vector<float> all = product(w, x, p, one);
      EXPECT_EQ(all, product(w, x, p, three));
      for (size_t t = 0; t < 15; ++t) {
        const std::vector<float> alone = product(
            w, std::span(x).subspan(t * static_cast<size_t>(cols), static_cast<size_t>(cols)), p,
            one);
        EXPECT_TRUE(
            std::equal(alone.begin(), alone.end(), all.begin() + static_cast<int64_t>(t) * 67))
            << "token " << t;
      }
    }
  });
}

// All targets with fused multiply-add give the same bits.
TEST_P(MatmulConformance, DoesNotDependOnTheWidthOfTheVectors) {
  const int64_t cols = columns().back();
  const RandomWeights source = random_weights(GetParam(), 33, cols, 9);
  ThreadPool pool(1);
  const auto w = value_or_throw(WeightMatrix::pack(source.view(), pool));
  const std::vector<float> x = random_floats(11 * cols, 10);
  for (const Precision wanted : {Precision::kF32, Precision::kInt16, Precision::kInt8}) {
    const Precision p = precision_for(w, wanted);
    std::vector<float> first;
    for (const SimdTarget& target : simd_targets()) {
      if (!target.name.starts_with("AVX")) {
        continue;
      }
      const SimdTargetScope scope(target);
      const std::vector<float> y = product(w, x, p, pool);
      if (first.empty()) {
        first = y;
      }
      EXPECT_EQ(y, first) << target.name;
    }
  }
}

TEST_P(MatmulConformance, PacksWithoutLoss) {
  ThreadPool pool(2);
  for (const int64_t cols : columns()) {
    const RandomWeights source = random_weights(GetParam(), 19, cols, 3);
    const auto w = value_or_throw(WeightMatrix::pack(source.view(), pool));
    std::vector<float> row(static_cast<size_t>(cols));
    for (int64_t r = 0; r < 19; ++r) {
      w.read_row(r, row);
      for (int64_t c = 0; c < cols; ++c) {
        ASSERT_EQ(row[static_cast<size_t>(c)], source.values[static_cast<size_t>(r * cols + c)])
            << "row " << r << " column " << c;
      }
    }
  }
}

std::string type_name(const testing::TestParamInfo<DType>& param) {
  return std::string(to_string(param.param));
}

INSTANTIATE_TEST_SUITE_P(Types, MatmulConformance, testing::ValuesIn(conformance::weight_types()),
                         type_name);

TEST(Matmul, RunsSeveralProductsOfOneInput) {
  const RandomWeights a = random_weights(DType::kQ4_1, 37, 64, 1);
  const RandomWeights b = random_weights(DType::kQ8_0, 5, 64, 2);
  ThreadPool pool(2);
  const auto wa = value_or_throw(WeightMatrix::pack(a.view(), pool));
  const auto wb = value_or_throw(WeightMatrix::pack(b.view(), pool));
  const std::vector<float> x = random_floats(3 * 64, 3);
  const std::vector<float> bias = random_floats(37, 4);
  const std::vector<float> before = random_floats(3 * 9, 5);
  const std::vector<float> plain_a = product(wa, x, Precision::kInt8, pool);
  const std::vector<float> plain_b = product(wb, x, Precision::kInt8, pool);
  for_each_target([&] {
    std::vector<float> ya(3 * 37);
    std::vector<float> yb = before;
    Activations activations;
    activations.assign(x, 3, 64, Precision::kInt8, pool);
    const Product jobs[] = {
        {.weights = &wa, .out = ya.data(), .bias = bias.data()},
        {.weights = &wb, .out = yb.data(), .out_stride = 9, .accumulate = true}};
    matmul(activations, jobs, pool);
    for (size_t t = 0; t < 3; ++t) {
      for (size_t r = 0; r < 37; ++r) {
        EXPECT_NEAR(ya[t * 37 + r], plain_a[t * 37 + r] + bias[r], 1e-5);
      }
      for (size_t r = 0; r < 9; ++r) {
        const float added = r < 5 ? plain_b[t * 5 + r] : 0.0f;
        EXPECT_NEAR(yb[t * 9 + r], before[t * 9 + r] + added, 1e-5);
      }
    }
  });
}

// A block with a value that is not finite gives NaN, in its own token only; a block of tiny values
// counts as zero.
TEST(Matmul, Int8StatesWhatItDoesWithExtremes) {
  const RandomWeights source = random_weights(DType::kQ8_0, 16, 32, 1);
  ThreadPool pool(1);
  const auto w = value_or_throw(WeightMatrix::pack(source.view(), pool));
  std::vector<float> x(4 * 32, 1.0f);
  x[3] = std::numeric_limits<float>::infinity();
  x[32 + 3] = std::numeric_limits<float>::quiet_NaN();
  for (size_t i = 64; i < 96; ++i) {
    x[i] = 0x1p-125f;
  }
  for_each_target([&] {
    const std::vector<float> y = product(w, x, Precision::kInt8, pool);
    for (size_t r = 0; r < 16; ++r) {
      EXPECT_TRUE(std::isnan(y[r]));
      EXPECT_TRUE(std::isnan(y[16 + r]));
      EXPECT_EQ(y[32 + r], 0.0f);
      EXPECT_TRUE(std::isfinite(y[48 + r]));
    }
  });
}

TEST(Matmul, F32KeepsInfinitiesAndSubnormals) {
  const std::vector<float> weights = {1.0f, 2.0f, 0.5f, 1.0f};
  ThreadPool pool(1);
  const auto w =
      value_or_throw(WeightMatrix::pack(make_view<float>(weights, DType::kF32, {2, 2}), pool));
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {infinity, 1.0f, 0x1p-149f, 0.0f};
  for_each_target([&] {
    const std::vector<float> y = product(w, x, Precision::kF32, pool);
    EXPECT_EQ(y[0], infinity);
    EXPECT_EQ(y[1], infinity);
    EXPECT_EQ(y[2], 0x1p-149f);
    EXPECT_EQ(y[3], 0.0f);  // half of the smallest number rounds to even
  });
}

TEST(Matmul, RefusesWrongShapes) {
  const RandomWeights source = random_weights(DType::kF32, 4, 32, 1);
  ThreadPool pool(1);
  const auto w = value_or_throw(WeightMatrix::pack(source.view(), pool));
  Activations x;
  x.assign(std::vector<float>(64), 1, 64, Precision::kF32, pool);
  float y[4];
  const Product job{.weights = &w, .out = y};
  EXPECT_THROW(matmul(x, {&job, 1}, pool), SextantError);
  x.assign(std::vector<float>(32), 1, 32, Precision::kInt8, pool);
  EXPECT_THROW(matmul(x, {&job, 1}, pool), SextantError);
}

}  // namespace
}  // namespace sextant::kernels
