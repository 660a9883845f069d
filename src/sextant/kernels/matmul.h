// Products of packed weights with rows of activations: y[t][r] = sum over c of w[r][c] * x[t][c].
//
// An Activations object holds x as the kernels want it; several matrices then read it in one
// parallel region:
//
//   Activations x;  // keep it: its buffer is used again
//   x.assign(hidden, tokens, cols, Precision::kInt8, pool);
//   matmul(x, {{{.weights = &q, .out = q_out}, {.weights = &k, .out = k_out}}}, pool);
//
// Precision::kF32 multiplies and adds in f32. Precision::kInt8 rounds each 32 activations to
// 8-bit integers with one f32 scale (the largest becomes 127), multiplies in exact integers and
// adds the blocks in f32. Precision::kInt16 adds a second 8-bit integer for what the first rounded
// away, so that the error is some 250 times smaller; both go through the same integer kernels while
// the weights are at hand, which costs little where memory is the limit. Float weights (F32, F16,
// BF16) need kF32.
//
// Every y[t][r] is computed in an order that depends on cols alone: results are the same bits for
// any number of threads and tokens, and on all targets with fused multiply-add (AVX2 and up).
// Non-finite values: with kF32 they propagate as in any sum of products; with kInt8 a block that
// holds one gives NaN. Subnormal activations count (nothing is flushed) but for kInt8 blocks whose
// largest magnitude is below 2^-120, which count as zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sextant/base/thread_pool.h"
#include "sextant/kernels/weight_matrix.h"

namespace sextant::kernels {

enum class Precision : uint8_t { kF32, kInt16, kInt8 };

// What is wanted where the weights are block-quantised, kF32 for float weights.
Precision precision_for(const WeightMatrix& weights, Precision wanted);

class Activations {
 public:
  // x: [tokens, cols], contiguous. Unless kF32, cols is a multiple of 32.
  void assign(std::span<const float> x, int64_t tokens, int64_t cols, Precision precision,
              ThreadPool& pool);

  int64_t tokens() const { return tokens_; }
  int64_t cols() const { return cols_; }
  Precision precision() const { return precision_; }

  // For the kernels (cpu/panels.h).
  const std::byte* panels() const { return buffer_.data(); }

 private:
  int64_t tokens_ = 0;
  int64_t cols_ = 0;
  Precision precision_ = Precision::kF32;
  std::vector<std::byte> buffer_;
};

struct Product {
  const WeightMatrix* weights = nullptr;
  float* out = nullptr;         // [tokens, rows], rows out_stride apart
  int64_t out_stride = 0;       // in floats; 0 means rows
  const float* bias = nullptr;  // [rows], or none
  bool accumulate = false;      // y += instead of y =
};

// All products of x in one parallel region. Their outputs must not overlap.
void matmul(const Activations& x, std::span<const Product> products, ThreadPool& pool);

}  // namespace sextant::kernels
