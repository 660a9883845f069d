// Backward passes of row operations of ops.h, for training. Single-threaded: callers cut rows over
// a pool. The gradient of apply_rope is apply_rope by the opposite angles.
//
// Results do not depend on where a row lies in memory; they may differ in the last bits between
// SIMD targets.
#pragma once

#include <span>

namespace sextant::kernels {

struct RmsNormGradients {
  std::span<float> x;       // written
  std::span<float> weight;  // added to
};

// Of y = rms_norm(x, weight, epsilon), from the gradient of y. All of one length.
void rms_norm_backward(std::span<const float> x, std::span<const float> weight, float epsilon,
                       std::span<const float> grad_out, const RmsNormGradients& out);

// Of y = silu_mul(gate, up), from the gradient of y: both are written. All of one length.
void silu_mul_backward(std::span<const float> gate, std::span<const float> up,
                       std::span<const float> grad_out, std::span<float> grad_gate,
                       std::span<float> grad_up);

}  // namespace sextant::kernels
