#include "sextant/kernels/gradients.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/gradients.cc"
#include "hwy/foreach_target.h"
#include "sextant/base/error.h"
#include "sextant/kernels/cpu/math-inl.h"
#include "sextant/kernels/cpu/rms_norm_row.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

// With r = 1 / sqrt(mean(x^2) + epsilon) and h = weight * grad:
// grad_x = r h - x r^3 mean(h x), grad_weight += grad x r.
void rms_norm_gradient(const RmsNormRow& row, float* grad_x, float* grad_weight) {
  const auto [x, weight, grad, n, epsilon] = row;
  VF squares = hn::Zero(DF());
  VF products = hn::Zero(DF());
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const VF v = hn::LoadU(DF(), x + i);
    const VF h = hn::Mul(hn::LoadU(DF(), weight + i), hn::LoadU(DF(), grad + i));
    squares = hn::MulAdd(v, v, squares);
    products = hn::MulAdd(v, h, products);
  }
  float square = hn::GetLane(hn::SumOfLanes(DF(), squares));
  float product = hn::GetLane(hn::SumOfLanes(DF(), products));
  for (; i < n; ++i) {
    square += x[i] * x[i];
    product += x[i] * weight[i] * grad[i];
  }
  const auto count = static_cast<float>(n);
  const float r = 1.0f / std::sqrt(square / count + epsilon);
  const float back = r * r * r * (product / count);
  const VF rs = hn::Set(DF(), r);
  const VF backs = hn::Set(DF(), back);
  for (i = 0; i + kLanes <= n; i += kLanes) {
    const VF v = hn::LoadU(DF(), x + i);
    const VF g = hn::Mul(hn::LoadU(DF(), grad + i), rs);
    const VF h = hn::Mul(hn::LoadU(DF(), weight + i), g);
    hn::StoreU(hn::NegMulAdd(v, backs, h), DF(), grad_x + i);
    hn::StoreU(hn::MulAdd(g, v, hn::LoadU(DF(), grad_weight + i)), DF(), grad_weight + i);
  }
  for (; i < n; ++i) {
    const float g = grad[i] * r;
    const float v = x[i];  // grad_x may lie on x
    grad_x[i] = weight[i] * g - v * back;
    grad_weight[i] += g * v;
  }
}

// With s = sigmoid(gate): grad_gate = grad up s (1 + gate (1 - s)), grad_up = grad gate s.
void silu_mul_gradient(const float* gate, const float* up, const float* grad, float* grad_gate,
                       float* grad_up, size_t n) {
  const VF one = hn::Set(DF(), 1.0f);
  const auto at = [&](const float* g, const float* u, const float* d, float* dg, float* du)
                      SEXTANT_LAMBDA {
                        const VF v = hn::LoadU(DF(), g);
                        const VF s = sigmoid_lanes(v);
                        const VF scaled = hn::Mul(hn::LoadU(DF(), d), s);
                        const VF slope = hn::MulAdd(v, hn::Sub(one, s), one);
                        hn::StoreU(hn::Mul(hn::Mul(scaled, hn::LoadU(DF(), u)), slope), DF(), dg);
                        hn::StoreU(hn::Mul(scaled, v), DF(), du);
                      };
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    at(gate + i, up + i, grad + i, grad_gate + i, grad_up + i);
  }
  if (i < n) {
    float rest[5][kLanes] = {};
    const size_t bytes = (n - i) * sizeof(float);
    std::memcpy(rest[0], gate + i, bytes);
    std::memcpy(rest[1], up + i, bytes);
    std::memcpy(rest[2], grad + i, bytes);
    at(rest[0], rest[1], rest[2], rest[3], rest[4]);
    std::memcpy(grad_gate + i, rest[3], bytes);
    std::memcpy(grad_up + i, rest[4], bytes);
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {

HWY_EXPORT(rms_norm_gradient);
HWY_EXPORT(silu_mul_gradient);

void rms_norm_backward(std::span<const float> x, std::span<const float> weight, float epsilon,
                       std::span<const float> grad_out, const RmsNormGradients& out) {
  const size_t n = x.size();
  SEXTANT_CHECK(n > 0 && weight.size() == n && grad_out.size() == n && out.x.size() == n &&
                    out.weight.size() == n,
                "rms_norm_backward of {}, {}, {}, {} and {} values", n, weight.size(),
                grad_out.size(), out.x.size(), out.weight.size());
  HWY_DYNAMIC_DISPATCH(rms_norm_gradient)
  ({x.data(), weight.data(), grad_out.data(), n, epsilon}, out.x.data(), out.weight.data());
}

void silu_mul_backward(std::span<const float> gate, std::span<const float> up,
                       std::span<const float> grad_out, std::span<float> grad_gate,
                       std::span<float> grad_up) {
  const size_t n = gate.size();
  SEXTANT_CHECK(
      up.size() == n && grad_out.size() == n && grad_gate.size() == n && grad_up.size() == n,
      "silu_mul_backward of {}, {}, {}, {} and {} values", n, up.size(), grad_out.size(),
      grad_gate.size(), grad_up.size());
  HWY_DYNAMIC_DISPATCH(silu_mul_gradient)
  (gate.data(), up.data(), grad_out.data(), grad_gate.data(), grad_up.data(), n);
}

}  // namespace sextant::kernels
#endif
