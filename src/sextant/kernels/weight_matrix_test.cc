#include "sextant/kernels/weight_matrix.h"

#include <gtest/gtest.h>

#include <vector>

#include "sextant/base/half.h"

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

}  // namespace
}  // namespace sextant::kernels
