// Groups of products as the network uses them: biases, sums into the output, outputs with gaps.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sextant/kernels/conformance/suite.h"
#include "sextant/kernels/matmul.h"
#include "sextant/kernels/ref/oracle.h"

namespace sextant::kernels {
namespace {

using conformance::for_each_target;
using conformance::random_floats;
using conformance::random_weights;
using conformance::RandomWeights;

WeightMatrix packed(const RandomWeights& source) {
  ThreadPool pool(1);
  return value_or_throw(WeightMatrix::pack(source.view(), pool));
}

std::vector<float> plain(const WeightMatrix& w, const Activations& x, ThreadPool& pool) {
  std::vector<float> y(static_cast<size_t>(x.tokens() * w.rows()));
  const Product job{.weights = &w, .out = y.data()};
  matmul(x, {&job, 1}, pool);
  return y;
}

// How an output is written.
struct Form {
  bool bias;
  bool accumulate;
  int64_t gap;  // floats between two rows of the output
};
const std::vector<Form> kForms = {{false, false, 0}, {false, false, 3}, {true, false, 0},
                                  {true, false, 5},  {false, true, 0},  {false, true, 2},
                                  {true, true, 0},   {true, true, 7}};

class MatmulForms : public testing::TestWithParam<DType> {
 protected:
  void check(Precision wanted, int64_t tokens, ThreadPool& pool) {
    const int64_t rows = 37;  // two whole tiles and a part of one
    const int64_t cols = 512;
    const RandomWeights source = random_weights(GetParam(), rows, cols, 11);
    const WeightMatrix w = packed(source);
    Activations x;
    x.assign(random_floats(tokens * cols, 12), tokens, cols, precision_for(w, wanted), pool);
    const std::vector<float> product = plain(w, x, pool);
    const std::vector<float> bias = random_floats(rows, 13);
    for (const Form& form : kForms) {
      const int64_t stride = rows + form.gap;
      const std::vector<float> before = random_floats(tokens * stride, 14);
      std::vector<float> y = before;
      const Product job{.weights = &w,
                        .out = y.data(),
                        .out_stride = form.gap == 0 ? 0 : stride,
                        .bias = form.bias ? bias.data() : nullptr,
                        .accumulate = form.accumulate};
      matmul(x, {&job, 1}, pool);
      for (int64_t t = 0; t < tokens; ++t) {
        for (int64_t r = 0; r < stride; ++r) {
          const auto at = static_cast<size_t>(t * stride + r);
          if (r >= rows) {
            ASSERT_EQ(y[at], before[at]) << "gap of token " << t;
            continue;
          }
          const auto row = static_cast<size_t>(r);
          const double expected = static_cast<double>(product[static_cast<size_t>(t * rows + r)]) +
                                  (form.bias ? static_cast<double>(bias[row]) : 0.0) +
                                  (form.accumulate ? static_cast<double>(before[at]) : 0.0);
          // Two more additions, to numbers below 40.
          ASSERT_NEAR(y[at], expected, 1e-5)
              << "token " << t << " row " << r << " bias " << form.bias << " sum "
              << form.accumulate << " gap " << form.gap;
        }
      }
    }
  }
};

TEST_P(MatmulForms, BiasSumAndGapInEveryPrecision) {
  ThreadPool pool(2);
  for_each_target([&] {
    for (const Precision wanted : {Precision::kF32, Precision::kInt16, Precision::kInt8}) {
      for (const int64_t tokens : {1, 3, 4, 8, 11}) {
        SCOPED_TRACE(static_cast<int>(wanted));
        check(wanted, tokens, pool);
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Types, MatmulForms, testing::ValuesIn(conformance::weight_types()),
                         [](const auto& each) { return std::string(to_string(each.param)); });

// As one layer: query, key and value of different sizes and types in one parallel region, into one
// buffer side by side. The bits are those of each product alone, for any number of threads.
TEST(MatmulGroups, GiveTheBitsOfEachProductAlone) {
  const RandomWeights sources[] = {
      random_weights(DType::kQ4_K, 70, 256, 1), random_weights(DType::kQ6_K, 17, 256, 2),
      random_weights(DType::kQ8_0, 16, 256, 3), random_weights(DType::kQ5_1, 1, 256, 4)};
  std::vector<WeightMatrix> weights;
  int64_t width = 0;
  for (const RandomWeights& source : sources) {
    weights.push_back(packed(source));
    width += source.rows;
  }
  const std::vector<float> x = random_floats(9 * 256, 5);
  for (const Precision precision : {Precision::kF32, Precision::kInt16, Precision::kInt8}) {
    for (const int threads : {1, 2, 5}) {
      ThreadPool pool(threads);
      Activations activations;
      activations.assign(x, 9, 256, precision, pool);
      std::vector<float> y(static_cast<size_t>(9 * width), -1.0f);
      std::vector<Product> jobs;
      int64_t column = 0;
      for (const WeightMatrix& w : weights) {
        jobs.push_back({.weights = &w, .out = y.data() + column, .out_stride = width});
        column += w.rows();
      }
      matmul(activations, jobs, pool);
      column = 0;
      for (const WeightMatrix& w : weights) {
        const std::vector<float> alone = plain(w, activations, pool);
        for (int64_t t = 0; t < 9; ++t) {
          ASSERT_TRUE(std::equal(alone.begin() + t * w.rows(), alone.begin() + (t + 1) * w.rows(),
                                 y.begin() + t * width + column))
              << to_string(w.dtype()) << " token " << t << " threads " << threads;
        }
        column += w.rows();
      }
    }
  }
}

// An Activations object keeps its memory; what was in it before must not show.
TEST(MatmulGroups, ActivationsMayBeUsedAgain) {
  ThreadPool pool(1);
  const WeightMatrix w = packed(random_weights(DType::kQ4_0, 20, 64, 6));
  const std::vector<float> large = random_floats(33 * 64, 7, 1000.0f);
  const std::vector<float> small = random_floats(2 * 64, 8);
  Activations again;
  for (const Precision before : {Precision::kF32, Precision::kInt16, Precision::kInt8}) {
    for (const Precision after : {Precision::kF32, Precision::kInt16, Precision::kInt8}) {
      again.assign(large, 33, 64, before, pool);
      again.assign(small, 2, 64, after, pool);
      EXPECT_EQ(again.tokens(), 2);
      EXPECT_EQ(again.cols(), 64);
      EXPECT_EQ(again.precision(), after);
      Activations fresh;
      fresh.assign(small, 2, 64, after, pool);
      EXPECT_EQ(plain(w, again, pool), plain(w, fresh, pool));
    }
  }
}

TEST(MatmulGroups, NothingToDoIsNoError) {
  ThreadPool pool(2);
  const WeightMatrix w = packed(random_weights(DType::kF16, 5, 8, 9));
  Activations x;
  x.assign(random_floats(8, 1), 1, 8, Precision::kF32, pool);
  matmul(x, {}, pool);
  x.assign({}, 0, 8, Precision::kF32, pool);
  float untouched = 4.0f;
  const Product job{.weights = &w, .out = &untouched};
  matmul(x, {&job, 1}, pool);
  EXPECT_EQ(untouched, 4.0f);
}

// kInt16 against kInt8, both against the exact product: the header promises some 250 times.
TEST(MatmulGroups, Int16IsMuchCloserThanInt8) {
  ThreadPool pool(1);
  const RandomWeights source = random_weights(DType::kQ8_0, 64, 256, 10);
  const WeightMatrix w = packed(source);
  const std::vector<float> x = random_floats(4 * 256, 11);
  const std::vector<double> exact = ref::matmul(source.values, x, 64, 256, 4);
  const auto error = [&](Precision precision) {
    Activations activations;
    activations.assign(x, 4, 256, precision, pool);
    const std::vector<float> y = plain(w, activations, pool);
    double squares = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      squares += (static_cast<double>(y[i]) - exact[i]) * (static_cast<double>(y[i]) - exact[i]);
    }
    return std::sqrt(squares / static_cast<double>(y.size()));
  };
  for_each_target([&] {
    const double coarse = error(Precision::kInt8);
    const double fine = error(Precision::kInt16);
    EXPECT_GT(coarse, 100 * fine);
    EXPECT_LT(coarse, 400 * fine);
    EXPECT_LT(error(Precision::kF32), fine);
  });
}

TEST(MatmulGroups, PrecisionFollowsTheWeights) {
  for (const DType dtype : conformance::weight_types()) {
    const WeightMatrix w = packed(random_weights(dtype, 1, info(dtype).block_size, 1));
    for (const Precision wanted : {Precision::kF32, Precision::kInt16, Precision::kInt8}) {
      EXPECT_EQ(precision_for(w, wanted), is_quantised(dtype) ? wanted : Precision::kF32)
          << to_string(dtype);
    }
  }
}

std::string thrown(const Activations& x, const Product& job) {
  ThreadPool pool(1);
  try {
    matmul(x, {&job, 1}, pool);
  } catch (const SextantError& e) {
    return e.error().message;
  }
  return "";
}

TEST(MatmulGroups, MistakesAreNamed) {
  ThreadPool pool(1);
  const WeightMatrix w = packed(random_weights(DType::kBF16, 4, 32, 1));
  float y[4];
  const Product job{.weights = &w, .out = y};
  Activations x;
  x.assign(random_floats(64, 1), 1, 64, Precision::kF32, pool);
  EXPECT_NE(thrown(x, job).find("weights [4,32] with activations of 64 columns"),
            std::string::npos);
  x.assign(random_floats(32, 1), 1, 32, Precision::kInt16, pool);
  EXPECT_NE(thrown(x, job).find("BF16 weights with int8 activations"), std::string::npos);
  EXPECT_THROW(x.assign(random_floats(33, 1), 1, 33, Precision::kInt8, pool), SextantError);
  EXPECT_THROW(x.assign(random_floats(33, 1), 2, 32, Precision::kF32, pool), SextantError);
}

}  // namespace
}  // namespace sextant::kernels
