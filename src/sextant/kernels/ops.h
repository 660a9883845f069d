// Elementwise and row operations in f32. Single-threaded: callers cut rows over a pool.
//
// Results do not depend on where a row lies in memory. They may differ in the last bits between
// SIMD targets. NaN propagates; infinities behave as in the formulas.
#pragma once

#include <cstdint>
#include <span>

namespace sextant::kernels {

// out[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i]. x and out may be the same.
void rms_norm(std::span<const float> x, std::span<const float> weight, float epsilon,
              std::span<float> out);

// out[i] = (x[i] - mean) / sqrt(mean((x - mean)^2) + epsilon) * weight[i] + bias[i]. x and out may
// be the same.
void layer_norm(std::span<const float> x, std::span<const float> weight,
                std::span<const float> bias, float epsilon, std::span<float> out);

// x[i] = exp(x[i] - max) / sum, in place. -inf entries become 0; a row of only -inf becomes NaN.
void softmax(std::span<float> x);

// log(sum(exp(x))), for log-probabilities over a vocabulary.
float log_sum_exp(std::span<const float> x);

// out[i] = gate[i] * sigmoid(gate[i]) * up[i]. out may be either input.
void silu_mul(std::span<const float> gate, std::span<const float> up, std::span<float> out);

// out[i] = x[i] * P(standard normal < x[i]): GELU by its definition (erf). At most 8 half-ulp off
// up to |x| = 4, 70 below -4. out may be x. An infinite negative value gives NaN.
void gelu(std::span<const float> x, std::span<float> out);

// GELU by tanh, as GPT-2 has it (gelu_new): 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
// out may be x. An infinite negative value gives NaN.
void gelu_tanh(std::span<const float> x, std::span<float> out);

// out[i] = max(x[i], 0); NaN stays NaN. out may be x.
void relu(std::span<const float> x, std::span<float> out);

// y[i] += x[i].
void add(std::span<const float> x, std::span<float> y);

// out[i] = exp(x[i]), at most 2 ulp off where the result is normal; 0 below -104, inf above 89.
void exp(std::span<const float> x, std::span<float> out);

// Rotary positions, half-split form: in each head of head_dim values, element i < n pairs with
// element i + n, n = cos.size(), by the angle whose cosine and sine are cos[i] and sin[i]. The
// values from 2n on stay. heads: [count, head_dim].
void apply_rope(std::span<float> heads, int64_t head_dim, std::span<const float> cos,
                std::span<const float> sin);

// Rounds to the nearest f16, ties to even; values beyond 65504 become infinite.
void f32_to_f16(std::span<const float> x, std::span<uint16_t> out);

}  // namespace sextant::kernels
