#include "sextant/base/tensor_view.h"

#include "sextant/base/checked.h"

namespace sextant {

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  }
  return text + "]";
}

Result<int64_t> element_count(const Shape& shape) {
  int64_t count = 1;
  bool empty = false;
  for (int64_t extent : shape) {
    if (extent < 0) {
      return fail(ErrorCode::kDataLoss, "[base/tensor] shape {}: negative extent",
                  to_string(shape));
    }
    // Extents behind a zero still must not overflow: a reader may drop the zero later.
    const auto product = checked_mul(count, extent == 0 ? int64_t{1} : extent);
    if (!product) {
      return fail(ErrorCode::kDataLoss, "[base/tensor] shape {}: more than 2^63 elements",
                  to_string(shape));
    }
    count = *product;
    empty |= extent == 0;
  }
  return empty ? 0 : count;
}

Result<int64_t> byte_count(DType dtype, const Shape& shape) {
  SEXTANT_TRY(const int64_t elements, element_count(shape));
  const DTypeInfo& type = info(dtype);
  if (type.block_size > 1 && (shape.empty() || shape.back() % type.block_size != 0)) {
    return fail(ErrorCode::kDataLoss,
                "[base/tensor] shape {}: {} needs rows of a multiple of {} elements",
                to_string(shape), type.name, type.block_size);
  }
  const auto bytes = checked_mul(elements / type.block_size, type.block_bytes);
  if (!bytes) {
    return fail(ErrorCode::kDataLoss, "[base/tensor] shape {} of {}: more than 2^63 bytes",
                to_string(shape), type.name);
  }
  return *bytes;
}

bool TensorView::contiguous() const {
  if (strides.empty()) {
    return true;
  }
  int64_t expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) {
      return false;
    }
    expected *= shape[i];
  }
  return true;
}

int64_t TensorView::elements() const { return value_or_throw(element_count(shape)); }

std::span<const std::byte> TensorView::bytes() const {
  SEXTANT_CHECK(contiguous(), "tensor {} is not contiguous", to_string(shape));
  return {data, static_cast<size_t>(value_or_throw(byte_count(dtype, shape)))};
}

}  // namespace sextant
