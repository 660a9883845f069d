// The header of one .npy array (versions 1 to 3), read and written. The whole of numpy's array
// format apart from pickled objects: those, text, structured and big-endian elements are described
// but not read. Pure functions. Errors: kDataLoss (breaks the format, with the byte), kUnsupported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"

namespace sextant::io {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

struct NpyHeader {
  std::string descr;           // the element type in numpy's words, e.g. "<f4"
  std::optional<DType> dtype;  // nothing where this library has no such element
  int64_t item_bytes = 0;      // of one element; 0 where elements are pickled or structured
  Shape shape;
  bool fortran_order = false;  // first index fastest
  size_t data_begin = 0;       // bytes of the header

  // What keeps the elements from being read, for people; empty where `dtype` is set.
  std::string_view obstacle() const;
  // In elements; empty for row-major order.
  std::vector<int64_t> strides() const;
};

// Reads the header and checks that the bytes behind it are exactly the elements (where their size
// is known). `where` names the array in messages.
Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes, std::string_view where);

// The header of a row-major array, a multiple of 64 bytes so that aligned data stays aligned.
// Error: kUnsupported for element types that numpy does not have (BF16, F8, blocks).
Result<std::string> make_npy_header(DType dtype, const Shape& shape);

// The text of an array of one text element ('S' or 'U'), as UTF-8; nothing where it is not one, is
// longer than 1024 characters or is no valid text. `bytes` is the whole array.
std::optional<std::string> npy_text(const NpyHeader& header, std::span<const std::byte> bytes);

}  // namespace sextant::io
