// The scalar oracle: what the kernels must compute, in plain loops and f64 sums. For tests, and
// for reading what an operation means. Slow; single-threaded.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sextant/kernels/attention.h"
#include "sextant/kernels/weight_matrix.h"

namespace sextant::kernels::ref {

// y[t][r] = sum over c of w[r][c] * x[t][c]; w: [rows, cols], x: [tokens, cols].
std::vector<double> matmul(std::span<const float> w, std::span<const float> x, int64_t rows,
                           int64_t cols, int64_t tokens);

// x as Precision::kInt8 sees it: blocks of 32 rounded to 8 bits and widened again.
std::vector<float> round_to_int8(std::span<const float> x);

std::vector<double> rms_norm(std::span<const float> x, std::span<const float> weight,
                             double epsilon);
std::vector<double> layer_norm(std::span<const float> x, std::span<const float> weight,
                               std::span<const float> bias, double epsilon);
std::vector<double> softmax(std::span<const float> x);
double log_sum_exp(std::span<const float> x);
std::vector<double> silu_mul(std::span<const float> gate, std::span<const float> up);
std::vector<double> gelu(std::span<const float> x);
std::vector<double> gelu_tanh(std::span<const float> x);
void apply_rope(std::span<float> heads, int64_t head_dim, std::span<const float> cos,
                std::span<const float> sin);

struct AttentionInput {
  int64_t query_heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int64_t first = 0;   // position of the first query
  int64_t tokens = 0;  // queries
  int64_t window = 0;  // 0: no limit
  int64_t seen = 0;    // above 0: no order, every query sees this many keys
  double scale = 0;
  std::span<const float> query;   // [tokens, query_heads, head_dim]
  std::span<const float> keys;    // [first + tokens (or seen), kv_heads, head_dim]
  std::span<const float> values;  // as keys
};

// [tokens, query_heads, head_dim].
std::vector<double> attention(const AttentionInput& in);

}  // namespace sextant::kernels::ref
