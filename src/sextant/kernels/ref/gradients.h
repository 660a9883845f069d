// Row operations and their gradients in f64 throughout: the oracle of kernels/gradients.h, and what
// the autograd functions of nn/row_ops.h compute on f64 tensors, where finite differences check
// them.
#pragma once

#include <cstdint>
#include <span>

namespace sextant::kernels::ref {

void rms_norm(std::span<const double> x, std::span<const double> weight, double epsilon,
              std::span<double> out);
// grad_x is written, grad_weight added to.
void rms_norm_backward(std::span<const double> x, std::span<const double> weight, double epsilon,
                       std::span<const double> grad_out, std::span<double> grad_x,
                       std::span<double> grad_weight);

void silu_mul(std::span<const double> gate, std::span<const double> up, std::span<double> out);
void silu_mul_backward(std::span<const double> gate, std::span<const double> up,
                       std::span<const double> grad_out, std::span<double> grad_gate,
                       std::span<double> grad_up);

void apply_rope(std::span<double> heads, int64_t head_dim, std::span<const double> cos,
                std::span<const double> sin);

}  // namespace sextant::kernels::ref
