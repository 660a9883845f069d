// Compares the tensors of a file with a golden list: [{"name", "dtype", "shape", "bytes"}, ...],
// bytes as hex of a row-major copy.
#pragma once

#include <string>

#include "sextant/base/json.h"
#include "sextant/io/tensor_source.h"

namespace sextant::test_data {

// The elements in row-major order, whatever the strides.
std::string row_major_bytes(const TensorView& view);

// What differs, for a message; empty where names, order, types, shapes and bytes are equal.
std::string difference(const io::TensorSource& source, const Json& golden);

}  // namespace sextant::test_data
