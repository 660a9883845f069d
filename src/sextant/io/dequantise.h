// Any stored element type to f32, by the format's definition: the reference that fast kernels are
// checked against, and the way to read small tensors. Bulk work belongs to kernels.
//
// The block formats give the bits of ggml's own definition: products and sums in f32, in its
// order, without fused multiply-add. Thread-safe; throws where called wrongly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sextant/base/dtype.h"
#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

// Writes `elements` values to `dst`. `src` may have any alignment and holds whole blocks:
// `elements` must be a multiple of the block size. 64-bit numbers are rounded to the nearest f32;
// f16, bf16 and f8 are exact; a bool is 0 or 1.
void dequantise(DType dtype, const std::byte* src, int64_t elements, float* dst);

// All elements of `view` in row-major order, strided views included.
std::vector<float> to_f32(const TensorView& view);

// The tensor of that name in row-major order. Errors: kNotFound; kOutOfRange where a strided view
// repeats few stored elements many times.
Result<std::vector<float>> read_f32(const TensorSource& source, std::string_view name);

}  // namespace sextant::io
