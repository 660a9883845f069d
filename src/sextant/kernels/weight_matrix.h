// A [rows, cols] weight, packed once for the matrix kernels (matmul.h) from any tensor of a file.
//
// Rows lie in tiles of 16 (packed_format.h), in the precision of the file, so that the packed form
// is as large as the source (1.03 times for Q4_K and Q5_K), but for the rare Q2_K (1.95 times),
// Q3_K (1.33) and IQ4_NL (1.89, as 8-bit codes). Rows are padded to a multiple of 16. Weights keep
// their exact values in every format; nothing is quantised here.
//
// Immutable after packing; reading from several threads is safe. The source may be released.
//
//   SEXTANT_TRY(auto query, WeightMatrix::pack(view, pool));
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"
#include "sextant/base/thread_pool.h"
#include "sextant/kernels/packed_format.h"
#include "sextant/kernels/weight_arena.h"

namespace sextant::kernels {

class WeightMatrix {
 public:
  // An empty matrix: 0 rows.
  WeightMatrix() = default;

  // Packs a contiguous tensor of two dimensions, [rows, cols]. Row r is source row row_order[r]
  // where an order is given (it has `rows` entries). Error kUnsupported where the type holds no
  // weights (integers, F64, F8), kInvalidArgument where the shape is not of two dimensions or
  // the columns fill no whole blocks.
  // The matrices of a model should share an arena; without one each has its own memory.
  static Result<WeightMatrix> pack(const TensorView& weights, ThreadPool& pool,
                                   std::span<const int64_t> row_order = {},
                                   WeightArena* arena = nullptr);

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  DType dtype() const { return dtype_; }   // of the source
  size_t bytes() const { return bytes_; }  // of the packed form

  // Dequantises one row; out holds cols() values. For embeddings that share the matrix with the
  // output head.
  void read_row(int64_t row, std::span<float> out) const;

  // For the kernels.
  const PackedFormat& format() const { return format_; }
  int64_t tiles() const { return (rows_ + kTileRows - 1) / kTileRows; }
  const std::byte* tile(int64_t index) const { return data_.get() + index * tile_bytes_; }

 private:
  int64_t rows_ = 0;
  int64_t cols_ = 0;
  DType dtype_ = DType::kF32;
  PackedFormat format_;
  int64_t tile_bytes_ = 0;
  size_t bytes_ = 0;
  std::shared_ptr<std::byte> data_;
};

}  // namespace sextant::kernels
