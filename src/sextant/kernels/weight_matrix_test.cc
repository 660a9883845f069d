#include "sextant/kernels/weight_matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sextant/kernels/conformance/suite.h"

namespace sextant::kernels {
namespace {

TEST(WeightMatrix, KeepsFloatRowsInTheGivenOrder) {
  std::vector<float> values(5 * 3);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i);
  }
  ThreadPool pool(2);
  const std::vector<int64_t> order = {4, 0, 3, 1, 2};
  const auto w = value_or_throw(
      WeightMatrix::pack(make_view<float>(values, DType::kF32, {5, 3}), pool, order));
  std::vector<float> row(3);
  for (size_t r = 0; r < order.size(); ++r) {
    w.read_row(static_cast<int64_t>(r), row);
    for (size_t c = 0; c < 3; ++c) {
      EXPECT_EQ(row[c], values[static_cast<size_t>(order[r]) * 3 + c]);
    }
  }
}

TEST(WeightMatrix, RefusesTypesWithoutWeights) {
  const std::vector<int32_t> values(4);
  ThreadPool pool(1);
  const auto w = WeightMatrix::pack(make_view<int32_t>(values, DType::kI32, {2, 2}), pool);
  ASSERT_FALSE(w);
  EXPECT_EQ(w.error().message,
            "[kernels/weights] expected a float or block-quantised weight, found I32");
}

using conformance::random_weights;
using conformance::RandomWeights;

std::string refusal(const TensorView& view) {
  ThreadPool pool(1);
  const auto w = WeightMatrix::pack(view, pool);
  return w ? "" : w.error().message;
}

// Rows cross the tiles, some rows twice: the order is any choice of rows.
TEST(WeightMatrix, AppliesTheOrderInEveryFormat) {
  ThreadPool pool(3);
  for (const DType dtype : conformance::weight_types()) {
    const int64_t cols = 2 * info(dtype).block_size;
    const RandomWeights source = random_weights(dtype, 35, cols, 9);
    std::vector<int64_t> order(35);
    for (size_t r = 0; r < 35; ++r) {
      order[r] = static_cast<int64_t>((r * 12 + 5) % 35);
    }
    order[20] = order[3];
    const auto w = value_or_throw(WeightMatrix::pack(source.view(), pool, order));
    std::vector<float> row(static_cast<size_t>(cols));
    for (size_t r = 0; r < 35; ++r) {
      w.read_row(static_cast<int64_t>(r), row);
      const auto from = source.values.begin() + order[r] * cols;
      ASSERT_TRUE(std::equal(row.begin(), row.end(), from)) << to_string(dtype) << " row " << r;
    }
  }
}

// Rows that fill the last tile are zero bytes: they give zeros, never NaN, to the kernels.
TEST(WeightMatrix, PaddingRowsAreZero) {
  ThreadPool pool(1);
  for (const DType dtype : conformance::weight_types()) {
    const int64_t cols = info(dtype).block_size;
    const RandomWeights full = random_weights(dtype, 16, cols, 4);
    const RandomWeights part = random_weights(dtype, 1, cols, 4);
    const auto w = value_or_throw(WeightMatrix::pack(part.view(), pool));
    EXPECT_EQ(w.rows(), 1);
    EXPECT_EQ(w.tiles(), 1);
    EXPECT_EQ(w.bytes(), value_or_throw(WeightMatrix::pack(full.view(), pool)).bytes());
    // Lane 1 of the first scale (or of the first column) belongs to the first padding row.
    const size_t width = dtype == DType::kF32 ? 4 : 2;
    for (size_t i = 0; i < width; ++i) {
      EXPECT_EQ(w.tile(0)[width + i], std::byte{0}) << to_string(dtype);
    }
  }
}

TEST(WeightMatrix, ThreadsDoNotChangeThePackedBytes) {
  ThreadPool one(1);
  ThreadPool four(4);
  for (const DType dtype : conformance::weight_types()) {
    const RandomWeights source = random_weights(dtype, 130, info(dtype).block_size, 8);
    const auto a = value_or_throw(WeightMatrix::pack(source.view(), one));
    const auto b = value_or_throw(WeightMatrix::pack(source.view(), four));
    ASSERT_EQ(a.bytes(), b.bytes());
    EXPECT_TRUE(std::equal(a.tile(0), a.tile(0) + a.bytes(), b.tile(0))) << to_string(dtype);
  }
}

TEST(WeightMatrix, OutlivesItsSourceAndItsArena) {
  ThreadPool pool(1);
  WeightMatrix w;
  RandomWeights source = random_weights(DType::kQ6_K, 3, 256, 2);
  {
    WeightArena arena;
    w = value_or_throw(WeightMatrix::pack(source.view(), pool, {}, &arena));
    std::fill(source.bytes.begin(), source.bytes.end(), std::byte{0xff});
  }
  std::vector<float> row(256);
  w.read_row(2, row);
  EXPECT_TRUE(std::equal(row.begin(), row.end(), source.values.begin() + 512));
}

TEST(WeightMatrix, RefusesShapesThatAreNoMatrix) {
  const std::vector<float> values(12);
  EXPECT_EQ(refusal(make_view<float>(values, DType::kF32, {12})),
            "[kernels/weights] expected a contiguous tensor [rows, cols], found [12]");
  EXPECT_EQ(refusal(make_view<float>(values, DType::kF32, {2, 3, 2})),
            "[kernels/weights] expected a contiguous tensor [rows, cols], found [2,3,2]");
  TensorView transposed = make_view<float>(values, DType::kF32, {3, 4});
  transposed.strides = {1, 3};
  EXPECT_EQ(
      refusal(transposed),
      "[kernels/weights] expected a contiguous tensor [rows, cols], found [3,4] with strides");
}

TEST(WeightMatrix, RefusesPartialBlocks) {
  const RandomWeights source = random_weights(DType::kQ4_K, 1, 256, 1);
  TensorView view = source.view();
  view.shape = {1, 128};
  EXPECT_EQ(refusal(view),
            "[kernels/weights] expected columns in blocks of 256 for Q4_K, found 128");
  view.dtype = DType::kQ8_0;
  view.shape = {1, 40};
  EXPECT_EQ(refusal(view), "[kernels/weights] expected columns in blocks of 32 for Q8_0, found 40");
}

TEST(WeightMatrix, ThrowsOnMistakesOfTheCaller) {
  ThreadPool pool(1);
  const RandomWeights source = random_weights(DType::kF16, 4, 8, 1);
  const std::vector<int64_t> few = {0, 1};
  const std::vector<int64_t> wild = {0, 1, 2, 4};
  EXPECT_THROW((void)WeightMatrix::pack(source.view(), pool, few), SextantError);
  EXPECT_THROW((void)WeightMatrix::pack(source.view(), pool, wild), SextantError);
  const auto w = value_or_throw(WeightMatrix::pack(source.view(), pool));
  std::vector<float> row(8);
  EXPECT_THROW(w.read_row(4, row), SextantError);
  EXPECT_THROW(w.read_row(-1, row), SextantError);
  EXPECT_THROW(w.read_row(0, std::span(row).first(7)), SextantError);
}

}  // namespace
}  // namespace sextant::kernels
