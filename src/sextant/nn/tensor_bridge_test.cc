#include "sextant/nn/tensor_bridge.h"

#include <gtest/gtest.h>

namespace sextant::nn {
namespace {

TEST(TensorBridge, SharesTheBytes) {
  std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const torch::Tensor tensor =
      to_tensor(make_view(std::span<const float>(values), DType::kF32, {2, 3}));
  EXPECT_EQ(tensor.const_data_ptr(), values.data());
  values[4] = 50;
  EXPECT_EQ(tensor[1][1].item<float>(), 50);
  const TensorView back = to_view(tensor);
  EXPECT_EQ(static_cast<const void*>(back.data), values.data());
  EXPECT_EQ(back.shape, (Shape{2, 3}));
  EXPECT_TRUE(back.contiguous());
}

TEST(TensorBridge, KeepsStrides) {
  const torch::Tensor tensor = torch::arange(6.0).reshape({2, 3}).t();
  const TensorView view = to_view(tensor);
  EXPECT_EQ(view.shape, (Shape{3, 2}));
  EXPECT_EQ(view.strides, (std::vector<int64_t>{1, 3}));
  EXPECT_TRUE(torch::equal(to_tensor(view), tensor));
}

TEST(TensorBridge, GoesThereAndBackForEveryPlainType) {
  for (const DType dtype : {DType::kF64, DType::kF32, DType::kF16, DType::kBF16, DType::kF8E4M3,
                            DType::kF8E5M2, DType::kI64, DType::kI32, DType::kI16, DType::kI8,
                            DType::kU32, DType::kU16, DType::kU8, DType::kBool}) {
    alignas(8) const std::byte bytes[16] = {};
    const torch::Tensor tensor = to_tensor({bytes, dtype, {2}, {}});
    EXPECT_EQ(to_view(tensor).dtype, dtype);
    EXPECT_EQ(tensor.element_size(), info(dtype).block_bytes);
  }
}

TEST(TensorBridge, RefusesWhatOneSideHasNot) {
  const std::byte bytes[64] = {};
  EXPECT_THROW(to_tensor({bytes, DType::kQ4_0, {32}, {}}), SextantError);
  EXPECT_THROW(to_view(torch::zeros({2}, torch::kComplexFloat)), SextantError);
}

}  // namespace
}  // namespace sextant::nn
