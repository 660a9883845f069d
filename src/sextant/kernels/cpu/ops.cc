#include "sextant/kernels/ops.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/ops.cc"
#include "hwy/foreach_target.h"
#include "sextant/base/error.h"
#include "sextant/base/half.h"
#include "sextant/kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

void scale_by_rms(const float* x, const float* weight, float epsilon, float* out, size_t n) {
  VF squares = hn::Zero(DF());
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const VF v = hn::LoadU(DF(), x + i);
    squares = hn::MulAdd(v, v, squares);
  }
  float sum = hn::GetLane(hn::SumOfLanes(DF(), squares));
  for (; i < n; ++i) {
    sum += x[i] * x[i];
  }
  const float factor = 1.0f / std::sqrt(sum / static_cast<float>(n) + epsilon);
  const VF factors = hn::Set(DF(), factor);
  for (i = 0; i + kLanes <= n; i += kLanes) {
    const VF scaled = hn::Mul(hn::LoadU(DF(), x + i), factors);
    hn::StoreU(hn::Mul(scaled, hn::LoadU(DF(), weight + i)), DF(), out + i);
  }
  for (; i < n; ++i) {
    out[i] = x[i] * factor * weight[i];
  }
}

// The mean first: a one-pass variance cancels where the mean is large beside the deviation.
void normalise_layer(const float* x, const float* weight, const float* bias, float epsilon,
                     float* out, size_t n) {
  VF sums = hn::Zero(DF());
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    sums = hn::Add(sums, hn::LoadU(DF(), x + i));
  }
  float sum = hn::GetLane(hn::SumOfLanes(DF(), sums));
  for (; i < n; ++i) {
    sum += x[i];
  }
  const float mean = sum / static_cast<float>(n);
  const VF means = hn::Set(DF(), mean);
  VF squares = hn::Zero(DF());
  for (i = 0; i + kLanes <= n; i += kLanes) {
    const VF d = hn::Sub(hn::LoadU(DF(), x + i), means);
    squares = hn::MulAdd(d, d, squares);
  }
  float variance = hn::GetLane(hn::SumOfLanes(DF(), squares));
  for (; i < n; ++i) {
    variance += (x[i] - mean) * (x[i] - mean);
  }
  const float factor = 1.0f / std::sqrt(variance / static_cast<float>(n) + epsilon);
  const VF factors = hn::Set(DF(), factor);
  for (i = 0; i + kLanes <= n; i += kLanes) {
    const VF scaled = hn::Mul(hn::Sub(hn::LoadU(DF(), x + i), means), factors);
    hn::StoreU(hn::MulAdd(scaled, hn::LoadU(DF(), weight + i), hn::LoadU(DF(), bias + i)), DF(),
               out + i);
  }
  for (; i < n; ++i) {
    out[i] = (x[i] - mean) * factor * weight[i] + bias[i];
  }
}

// Sum of exp(x - shift), which is written to out unless that is null.
float exp_and_sum(const float* x, float shift, float* out, size_t n) {
  const VF shifts = hn::Set(DF(), shift);
  VF sum = hn::Zero(DF());
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const VF e = exp_lanes(hn::Sub(hn::LoadU(DF(), x + i), shifts));
    sum = hn::Add(sum, e);
    if (out != nullptr) {
      hn::StoreU(e, DF(), out + i);
    }
  }
  float total = hn::GetLane(hn::SumOfLanes(DF(), sum));
  for (; i < n; ++i) {
    const float e = hn::GetLane(exp_lanes(hn::Set(DF(), x[i] - shift)));
    total += e;
    if (out != nullptr) {
      out[i] = e;
    }
  }
  return total;
}

void softmax_row(float* x, size_t n) {
  const float sum = exp_and_sum(x, max_of(x, n), x, n);
  const VF factor = hn::Set(DF(), 1.0f / sum);
  map_lanes(n, x, x, 0.0f, [&](VF v) SEXTANT_LAMBDA { return hn::Mul(v, factor); });
}

float log_sum_exp_row(const float* x, size_t n) {
  const float largest = max_of(x, n);
  return largest + std::log(exp_and_sum(x, largest, nullptr, n));
}

void silu_mul_rows(const float* gate, const float* up, float* out, size_t n) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const VF g = hn::LoadU(DF(), gate + i);
    const VF u = hn::LoadU(DF(), up + i);
    hn::StoreU(hn::Mul(hn::Mul(g, sigmoid_lanes(g)), u), DF(), out + i);
  }
  for (; i < n; ++i) {
    const VF g = hn::Set(DF(), gate[i]);
    out[i] = hn::GetLane(hn::Mul(hn::Mul(g, sigmoid_lanes(g)), hn::Set(DF(), up[i])));
  }
}

void gelu_rows(const float* x, float* out, size_t n) {
  map_lanes(n, x, out, 0.0f, [](VF v) SEXTANT_LAMBDA { return gelu_lanes(v); });
}

// 0.5 (1 + tanh(y)) is sigmoid(2 y).
void gelu_tanh_rows(const float* x, float* out, size_t n) {
  constexpr float kTwice = 1.5957691216057308f;  // 2 sqrt(2 / pi)
  map_lanes(n, x, out, 0.0f, [](VF v) SEXTANT_LAMBDA {
    const VF cubic = hn::Mul(hn::Set(DF(), 0.044715f * kTwice), hn::Mul(v, v));
    return hn::Mul(v, sigmoid_lanes(hn::Mul(v, hn::Add(cubic, hn::Set(DF(), kTwice)))));
  });
}

void relu_rows(const float* x, float* out, size_t n) {
  map_lanes(n, x, out, 0.0f, [](VF v) SEXTANT_LAMBDA {
    return hn::IfThenElse(hn::Lt(v, hn::Zero(DF())), hn::Zero(DF()), v);
  });
}

void add_rows(const float* x, float* y, size_t n) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    hn::StoreU(hn::Add(hn::LoadU(DF(), y + i), hn::LoadU(DF(), x + i)), DF(), y + i);
  }
  for (; i < n; ++i) {
    y[i] += x[i];
  }
}

void exp_rows(const float* x, float* out, size_t n) {
  map_lanes(n, x, out, 0.0f, [](VF v) SEXTANT_LAMBDA { return exp_lanes(v); });
}

void rotate_head(float* head, const float* cos, const float* sin, size_t pairs) {
  size_t i = 0;
  for (; i + kLanes <= pairs; i += kLanes) {
    const VF a = hn::LoadU(DF(), head + i);
    const VF b = hn::LoadU(DF(), head + pairs + i);
    const VF c = hn::LoadU(DF(), cos + i);
    const VF s = hn::LoadU(DF(), sin + i);
    hn::StoreU(hn::NegMulAdd(b, s, hn::Mul(a, c)), DF(), head + i);
    hn::StoreU(hn::MulAdd(a, s, hn::Mul(b, c)), DF(), head + pairs + i);
  }
  for (; i < pairs; ++i) {
    const float a = head[i];
    const float b = head[pairs + i];
    head[i] = a * cos[i] - b * sin[i];
    head[pairs + i] = b * cos[i] + a * sin[i];
  }
}

void narrow_rows(const float* x, uint16_t* out, size_t n) {
  size_t i = 0;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2  // elsewhere Highway 1.0.3 cuts off instead of rounding
  for (; i + kLanes <= n; i += kLanes) {
    hn::StoreU(hn::DemoteTo(DH(), hn::LoadU(DF(), x + i)), DH(),
               reinterpret_cast<hwy::float16_t*>(out + i));
  }
#endif
  for (; i < n; ++i) {
    out[i] = sextant::f32_to_f16(x[i]);
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {

HWY_EXPORT(scale_by_rms);
HWY_EXPORT(normalise_layer);
HWY_EXPORT(softmax_row);
HWY_EXPORT(log_sum_exp_row);
HWY_EXPORT(silu_mul_rows);
HWY_EXPORT(gelu_rows);
HWY_EXPORT(gelu_tanh_rows);
HWY_EXPORT(relu_rows);
HWY_EXPORT(add_rows);
HWY_EXPORT(exp_rows);
HWY_EXPORT(rotate_head);
HWY_EXPORT(narrow_rows);

void rms_norm(std::span<const float> x, std::span<const float> weight, float epsilon,
              std::span<float> out) {
  SEXTANT_CHECK(!x.empty() && weight.size() == x.size() && out.size() == x.size(),
                "rms_norm of {}, {} and {} values", x.size(), weight.size(), out.size());
  HWY_DYNAMIC_DISPATCH(scale_by_rms)(x.data(), weight.data(), epsilon, out.data(), x.size());
}

void layer_norm(std::span<const float> x, std::span<const float> weight,
                std::span<const float> bias, float epsilon, std::span<float> out) {
  const bool equal = weight.size() == x.size() && bias.size() == x.size() && out.size() == x.size();
  SEXTANT_CHECK(!x.empty() && equal, "layer_norm of {}, {}, {} and {} values", x.size(),
                weight.size(), bias.size(), out.size());
  HWY_DYNAMIC_DISPATCH(normalise_layer)
  (x.data(), weight.data(), bias.data(), epsilon, out.data(), x.size());
}

void softmax(std::span<float> x) {
  SEXTANT_CHECK(!x.empty(), "softmax of nothing");
  HWY_DYNAMIC_DISPATCH(softmax_row)(x.data(), x.size());
}

float log_sum_exp(std::span<const float> x) {
  SEXTANT_CHECK(!x.empty(), "log_sum_exp of nothing");
  return HWY_DYNAMIC_DISPATCH(log_sum_exp_row)(x.data(), x.size());
}

void silu_mul(std::span<const float> gate, std::span<const float> up, std::span<float> out) {
  SEXTANT_CHECK(gate.size() == up.size() && gate.size() == out.size(),
                "silu_mul of {}, {} and {} values", gate.size(), up.size(), out.size());
  HWY_DYNAMIC_DISPATCH(silu_mul_rows)(gate.data(), up.data(), out.data(), gate.size());
}

void gelu(std::span<const float> x, std::span<float> out) {
  SEXTANT_CHECK(x.size() == out.size(), "gelu of {} and {} values", x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(gelu_rows)(x.data(), out.data(), x.size());
}

void gelu_tanh(std::span<const float> x, std::span<float> out) {
  SEXTANT_CHECK(x.size() == out.size(), "gelu_tanh of {} and {} values", x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(gelu_tanh_rows)(x.data(), out.data(), x.size());
}

void relu(std::span<const float> x, std::span<float> out) {
  SEXTANT_CHECK(x.size() == out.size(), "relu of {} and {} values", x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(relu_rows)(x.data(), out.data(), x.size());
}

void add(std::span<const float> x, std::span<float> y) {
  SEXTANT_CHECK(x.size() == y.size(), "add of {} and {} values", x.size(), y.size());
  HWY_DYNAMIC_DISPATCH(add_rows)(x.data(), y.data(), x.size());
}

void exp(std::span<const float> x, std::span<float> out) {
  SEXTANT_CHECK(x.size() == out.size(), "exp of {} and {} values", x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(exp_rows)(x.data(), out.data(), x.size());
}

void apply_rope(std::span<float> heads, int64_t head_dim, std::span<const float> cos,
                std::span<const float> sin) {
  const auto dim = static_cast<size_t>(head_dim);
  SEXTANT_CHECK(
      dim > 0 && heads.size() % dim == 0 && 2 * cos.size() <= dim && cos.size() == sin.size(),
      "rope of {} values in heads of {} by {} and {} angles", heads.size(), head_dim, cos.size(),
      sin.size());
  for (size_t at = 0; at < heads.size(); at += dim) {
    HWY_DYNAMIC_DISPATCH(rotate_head)(heads.data() + at, cos.data(), sin.data(), cos.size());
  }
}

void f32_to_f16(std::span<const float> x, std::span<uint16_t> out) {
  SEXTANT_CHECK(x.size() == out.size(), "f32_to_f16 of {} and {} values", x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(narrow_rows)(x.data(), out.data(), x.size());
}

}  // namespace sextant::kernels
#endif
