// A look at a tensor that somebody else owns: pointer, element type, shape, strides.
//
// All parts of the library that do not use LibTorch pass tensors like this. It owns no bytes: the
// source (a mapped file, a vector) must outlive it. Reading from several threads is safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sextant/base/dtype.h"
#include "sextant/base/error.h"

namespace sextant {

using Shape = std::vector<int64_t>;

// "[3,4]"; "[]" for a scalar.
std::string to_string(const Shape& shape);

// Product of the extents. Error where one is negative or the product does not fit 63 bits.
Result<int64_t> element_count(const Shape& shape);

// Bytes of a contiguous tensor. Error as element_count, and where the last extent of a block
// format is no multiple of its block size.
Result<int64_t> byte_count(DType dtype, const Shape& shape);

struct TensorView {
  const std::byte* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;
  std::vector<int64_t> strides;  // in elements; empty means contiguous, row-major

  bool contiguous() const;
  int64_t elements() const;                  // throws where the shape is not valid
  std::span<const std::byte> bytes() const;  // of a contiguous tensor; throws otherwise

  template <class T>
  std::span<const T> as() const {
    SEXTANT_CHECK(!is_quantised(dtype) && sizeof(T) == static_cast<size_t>(info(dtype).block_bytes),
                  "{} tensor read as elements of {} bytes", to_string(dtype), sizeof(T));
    const auto raw = bytes();
    return {reinterpret_cast<const T*>(raw.data()), raw.size() / sizeof(T)};
  }
};

template <class T>
TensorView make_view(std::span<const T> values, DType dtype, Shape shape) {
  TensorView view{reinterpret_cast<const std::byte*>(values.data()), dtype, std::move(shape), {}};
  SEXTANT_CHECK(view.bytes().size() == values.size_bytes(), "shape {} does not hold {} bytes",
                to_string(view.shape), values.size_bytes());
  return view;
}

}  // namespace sextant
