// Row operations on the library's own kernels with their gradients, for training on a CPU: one pass
// over memory where LibTorch takes several. On f32 tensors the kernels of sextant/kernels, on f64
// the scalar oracle; other types and devices go to LibTorch's operations.
#pragma once

#include <torch/torch.h>

namespace sextant::nn {

// x / sqrt(mean(x^2) + epsilon) * weight over the last dimension. x [..., C], weight [C].
torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double epsilon);

// gate * sigmoid(gate) * up, all of one shape (SwiGLU).
torch::Tensor silu_mul(const torch::Tensor& gate, const torch::Tensor& up);

// Rotary positions, half-split form (RoFormer, section 3.2.2): token t of x [B,T,H*D] has each of
// its heads turned by the angles of cos, sin [T', D/2], T <= T'.
torch::Tensor rotary(const torch::Tensor& x, int64_t head_dim, const torch::Tensor& cos,
                     const torch::Tensor& sin);

}  // namespace sextant::nn
