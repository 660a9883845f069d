#include "sextant/nn/tensor_bridge.h"

#include <array>
#include <utility>

namespace sextant::nn {
namespace {

constexpr std::array<std::pair<DType, at::ScalarType>, 14> kTypes = {{
    {DType::kF64, at::kDouble},
    {DType::kF32, at::kFloat},
    {DType::kF16, at::kHalf},
    {DType::kBF16, at::kBFloat16},
    {DType::kF8E4M3, at::kFloat8_e4m3fn},
    {DType::kF8E5M2, at::kFloat8_e5m2},
    {DType::kI64, at::kLong},
    {DType::kI32, at::kInt},
    {DType::kI16, at::kShort},
    {DType::kI8, at::kChar},
    {DType::kU32, at::kUInt32},
    {DType::kU16, at::kUInt16},
    {DType::kU8, at::kByte},
    {DType::kBool, at::kBool},
}};

}  // namespace

torch::Tensor to_tensor(const TensorView& view) {
  for (const auto& [dtype, type] : kTypes) {
    if (dtype == view.dtype) {
      void* data = const_cast<std::byte*>(view.data);
      const auto options = torch::TensorOptions().dtype(type);
      return view.strides.empty() ? torch::from_blob(data, view.shape, options)
                                  : torch::from_blob(data, view.shape, view.strides, options);
    }
  }
  SEXTANT_CHECK(false, "{} tensors are not for LibTorch", to_string(view.dtype));
}

TensorView to_view(const torch::Tensor& tensor) {
  SEXTANT_CHECK(tensor.device().is_cpu(), "a tensor of another device has no bytes here");
  for (const auto& [dtype, type] : kTypes) {
    if (type == tensor.scalar_type()) {
      TensorView view{
          static_cast<const std::byte*>(tensor.const_data_ptr()), dtype, tensor.sizes().vec(), {}};
      if (!tensor.is_contiguous()) {
        view.strides = tensor.strides().vec();
      }
      return view;
    }
  }
  SEXTANT_CHECK(false, "no element type here for LibTorch's {}",
                c10::toString(tensor.scalar_type()));
}

}  // namespace sextant::nn
