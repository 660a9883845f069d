// The unit of work of the attention kernel: some tokens of one key-value head.
//
// A row is one query head of one token; the rows of a token are neighbours, so that all rows of a
// job share the keys and values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sextant::kernels {

// Keys of one step of the running softmax. Blocks begin at multiples of it, whatever the token, so
// that the order of a token's sums is always the same.
inline constexpr int64_t kKeyBlock = 128;

struct AttentionJob {
  bool half = false;  // the cache holds f16
  int64_t head_dim = 0;
  int64_t group = 0;       // rows of a token
  int64_t row_stride = 0;  // floats between tokens in input and output
  int64_t rows = 0;
  int64_t position = 0;  // of the first token
  int64_t window = 0;    // 0: no limit
  int64_t seen = 0;      // above 0: no order, each row sees this many keys
  float scale = 0;
  const std::byte* keys = nullptr;    // of this head (kv_cache.h)
  const std::byte* values = nullptr;  // of this head
  const float* input = nullptr;       // queries
  float* output = nullptr;
  // Working memory.
  float* query = nullptr;  // [rows, head_dim], transposed in groups of rows
  float* sums = nullptr;   // [rows, head_dim]
  float* most = nullptr;   // [rows], largest score so far
  float* total = nullptr;  // [rows], sum of exponentials so far

  // The keys that a row sees.
  int64_t key_end(int64_t row) const { return seen > 0 ? seen : position + row / group + 1; }
  int64_t key_begin(int64_t row) const {
    return window > 0 ? std::max<int64_t>(0, key_end(row) - window) : 0;
  }
  const float* source(int64_t row) const {
    return input + row / group * row_stride + row % group * head_dim;
  }
  float* target(int64_t row) const {
    return output + row / group * row_stride + row % group * head_dim;
  }
};

}  // namespace sextant::kernels
