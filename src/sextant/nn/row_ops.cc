#include "sextant/nn/row_ops.h"

#include <ATen/Parallel.h>

#include "sextant/kernels/gradients.h"
#include "sextant/kernels/ops.h"
#include "sextant/kernels/ref/gradients.h"

namespace sextant::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Elements that a thread takes at least.
constexpr int64_t kGrain = 16384;

bool on_kernels(const torch::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kDouble) &&
         x.numel() > 0;
}

// Elements [first, first + count) of a contiguous tensor. For reading, T may be const.
template <class T>
std::span<T> part(const torch::Tensor& x, int64_t first, int64_t count) {
  return {x.data_ptr<std::remove_const_t<T>>() + first, static_cast<size_t>(count)};
}

// The two types under one name.
void norm_row(std::span<const float> x, std::span<const float> weight, double epsilon,
              std::span<float> out) {
  kernels::rms_norm(x, weight, static_cast<float>(epsilon), out);
}
void norm_row(std::span<const double> x, std::span<const double> weight, double epsilon,
              std::span<double> out) {
  kernels::ref::rms_norm(x, weight, epsilon, out);
}

void norm_row_backward(std::span<const float> x, std::span<const float> weight, double epsilon,
                       std::span<const float> grad, std::span<float> grad_x,
                       std::span<float> grad_weight) {
  kernels::rms_norm_backward(x, weight, static_cast<float>(epsilon), grad, {grad_x, grad_weight});
}
void norm_row_backward(std::span<const double> x, std::span<const double> weight, double epsilon,
                       std::span<const double> grad, std::span<double> grad_x,
                       std::span<double> grad_weight) {
  kernels::ref::rms_norm_backward(x, weight, epsilon, grad, grad_x, grad_weight);
}

// Calls `work` with a value of the tensor's element type.
template <class Work>
void by_type(const torch::Tensor& x, Work&& work) {
  if (x.scalar_type() == torch::kFloat) {
    work(float{});
  } else {
    work(double{});
  }
}

class RmsNormFunction : public torch::autograd::Function<RmsNormFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input,
                               const torch::Tensor& weight, double epsilon) {
    const torch::Tensor x = input.contiguous();
    const torch::Tensor w = weight.contiguous();
    const torch::Tensor out = torch::empty_like(x);
    const int64_t n = x.size(-1);
    by_type(x, [&](auto type) {
      using T = decltype(type);
      at::parallel_for(0, x.numel() / n, std::max<int64_t>(kGrain / n, 1),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t row = begin; row < end; ++row) {
                           norm_row(part<const T>(x, row * n, n), part<const T>(w, 0, n), epsilon,
                                    part<T>(out, row * n, n));
                         }
                       });
    });
    context->save_for_backward({x, w});
    context->saved_data["epsilon"] = epsilon;
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor& w = saved[1];
    const double epsilon = context->saved_data["epsilon"].toDouble();
    const torch::Tensor grad = grads[0].contiguous();
    const torch::Tensor grad_x = torch::empty_like(x);
    const int64_t n = x.size(-1);
    const int64_t rows = x.numel() / n;
    // Sums over blocks of rows of a fixed size, so that the result does not depend on threads.
    const int64_t block = std::max<int64_t>(kGrain / n, 1);
    const int64_t blocks = (rows + block - 1) / block;
    const torch::Tensor sums = torch::zeros({blocks, n}, w.options());
    by_type(x, [&](auto type) {
      using T = decltype(type);
      at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) {
          for (int64_t row = b * block; row < std::min((b + 1) * block, rows); ++row) {
            norm_row_backward(part<const T>(x, row * n, n), part<const T>(w, 0, n), epsilon,
                              part<const T>(grad, row * n, n), part<T>(grad_x, row * n, n),
                              part<T>(sums, b * n, n));
          }
        }
      });
    });
    return {grad_x, sums.sum(0), torch::Tensor()};
  }
};

class SiluMulFunction : public torch::autograd::Function<SiluMulFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& gate_in,
                               const torch::Tensor& up_in) {
    const torch::Tensor gate = gate_in.contiguous();
    const torch::Tensor up = up_in.contiguous();
    const torch::Tensor out = torch::empty_like(gate);
    by_type(gate, [&](auto type) {
      using T = decltype(type);
      at::parallel_for(0, gate.numel(), kGrain, [&](int64_t begin, int64_t end) {
        const int64_t n = end - begin;
        if constexpr (std::is_same_v<T, float>) {
          kernels::silu_mul(part<const T>(gate, begin, n), part<const T>(up, begin, n),
                            part<T>(out, begin, n));
        } else {
          kernels::ref::silu_mul(part<const T>(gate, begin, n), part<const T>(up, begin, n),
                                 part<T>(out, begin, n));
        }
      });
    });
    context->save_for_backward({gate, up});
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& gate = saved[0];
    const torch::Tensor& up = saved[1];
    const torch::Tensor grad = grads[0].contiguous();
    const torch::Tensor grad_gate = torch::empty_like(gate);
    const torch::Tensor grad_up = torch::empty_like(up);
    by_type(gate, [&](auto type) {
      using T = decltype(type);
      at::parallel_for(0, gate.numel(), kGrain, [&](int64_t begin, int64_t end) {
        const int64_t n = end - begin;
        const auto g = part<const T>(gate, begin, n);
        const auto u = part<const T>(up, begin, n);
        const auto d = part<const T>(grad, begin, n);
        if constexpr (std::is_same_v<T, float>) {
          kernels::silu_mul_backward(g, u, d, part<T>(grad_gate, begin, n),
                                     part<T>(grad_up, begin, n));
        } else {
          kernels::ref::silu_mul_backward(g, u, d, part<T>(grad_gate, begin, n),
                                          part<T>(grad_up, begin, n));
        }
      });
    });
    return {grad_gate, grad_up};
  }
};

// A turned copy of x [B,T,H*D]; sin may be negated for the way back.
torch::Tensor turned(const torch::Tensor& x, int64_t head_dim, const torch::Tensor& cos,
                     const torch::Tensor& sin) {
  const torch::Tensor out = x.clone(at::MemoryFormat::Contiguous);
  const int64_t n = out.size(-1);
  const int64_t tokens = out.size(-2);
  const int64_t pairs = cos.size(-1);
  by_type(out, [&](auto type) {
    using T = decltype(type);
    at::parallel_for(0, out.numel() / n, std::max<int64_t>(kGrain / n, 1),
                     [&](int64_t begin, int64_t end) {
                       for (int64_t row = begin; row < end; ++row) {
                         const int64_t angle = row % tokens * pairs;
                         const auto c = part<const T>(cos, angle, pairs);
                         const auto s = part<const T>(sin, angle, pairs);
                         if constexpr (std::is_same_v<T, float>) {
                           kernels::apply_rope(part<T>(out, row * n, n), head_dim, c, s);
                         } else {
                           kernels::ref::apply_rope(part<T>(out, row * n, n), head_dim, c, s);
                         }
                       }
                     });
  });
  return out;
}

class RotaryFunction : public torch::autograd::Function<RotaryFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, int64_t head_dim,
                               const torch::Tensor& cos, const torch::Tensor& sin) {
    const torch::Tensor c = cos.contiguous();
    const torch::Tensor s = sin.contiguous();
    context->save_for_backward({c, s});
    context->saved_data["head_dim"] = head_dim;
    return turned(x, head_dim, c, s);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    return {turned(grads[0], context->saved_data["head_dim"].toInt(), saved[0], -saved[1]),
            torch::Tensor(), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double epsilon) {
  return on_kernels(x) && weight.scalar_type() == x.scalar_type()
             ? RmsNormFunction::apply(x, weight, epsilon)
             : at::rms_norm(x, {x.size(-1)}, weight, epsilon);
}

torch::Tensor silu_mul(const torch::Tensor& gate, const torch::Tensor& up) {
  return on_kernels(gate) && up.scalar_type() == gate.scalar_type()
             ? SiluMulFunction::apply(gate, up)
             : torch::silu(gate) * up;
}

torch::Tensor rotary(const torch::Tensor& x, int64_t head_dim, const torch::Tensor& cos,
                     const torch::Tensor& sin) {
  if (on_kernels(x) && cos.scalar_type() == x.scalar_type()) {
    return RotaryFunction::apply(x, head_dim, cos, sin);
  }
  const auto heads = x.view({x.size(0), x.size(1), -1, head_dim}).chunk(2, -1);
  const auto c = cos.slice(0, 0, x.size(1)).unsqueeze(1).to(x.scalar_type());
  const auto s = sin.slice(0, 0, x.size(1)).unsqueeze(1).to(x.scalar_type());
  return torch::cat({heads[0] * c - heads[1] * s, heads[1] * c + heads[0] * s}, -1).view(x.sizes());
}

}  // namespace sextant::nn
