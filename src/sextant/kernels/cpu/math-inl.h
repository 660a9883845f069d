// Vector arithmetic of the row operations and of attention.
#if defined(SEXTANT_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEXTANT_KERNELS_MATH_INL_H_
#undef SEXTANT_KERNELS_MATH_INL_H_
#else
#define SEXTANT_KERNELS_MATH_INL_H_
#endif

#include "hwy/contrib/math/math-inl.h"
#include "sextant/kernels/cpu/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

// e^x, at most 2 ulp off; 0 below -104, infinity above 89; NaN stays NaN. Highway's own maps NaN
// to 0 and is defined up to 104 only.
HWY_INLINE VF exp_lanes(VF x) {
  const VF bounded = hn::Min(hn::Max(x, hn::Set(DF(), -105.0f)), hn::Set(DF(), 100.0f));
  return hn::IfThenElse(hn::Eq(x, x), hn::Exp(DF(), bounded), x);
}

HWY_INLINE VF sigmoid_lanes(VF x) {
  const VF one = hn::Set(DF(), 1.0f);
  return hn::Div(one, hn::Add(one, exp_lanes(hn::Neg(x))));
}

// x * P(standard normal < x). P of -|x| is e^(-x^2 / 2) t R(t), t = 1 / (1 + 0.35 |x|), with R
// fitted for the smallest relative error (3.2e-8) up to |x| = 14.5, where the product leaves f32.
HWY_INLINE VF gelu_lanes(VF x) {
  constexpr float kFit[] = {0.144030884f, -0.255838931f, 0.159319609f, -0.0232122932f,
                            0.10555248f,  0.119821295f,  0.139863521f, 0.139621302f};
  const VF one = hn::Set(DF(), 1.0f);
  const VF t = hn::Div(one, hn::MulAdd(hn::Set(DF(), 0.35f), hn::Abs(x), one));
  VF fit = hn::Set(DF(), -0.029157877f);
  for (const float c : kFit) {
    fit = hn::MulAdd(fit, t, hn::Set(DF(), c));
  }
  const VF bell = exp_lanes(hn::Mul(hn::Mul(x, hn::Set(DF(), -0.5f)), x));
  const VF tail = hn::Mul(hn::Mul(fit, t), bell);
  return hn::Mul(x, hn::IfThenElse(hn::Lt(x, hn::Zero(DF())), tail, hn::Sub(one, tail)));
}

// Calls body(vector at i) for the whole vectors of n, then once for the rest with `fill` in the
// missing lanes; the result goes to out.
template <class Body>
HWY_INLINE void map_lanes(size_t n, const float* in, float* out, float fill, Body&& body) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    hn::StoreU(body(hn::LoadU(DF(), in + i)), DF(), out + i);
  }
  if (i < n) {
    float rest[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) {
      rest[lane] = i + static_cast<size_t>(lane) < n ? in[i + static_cast<size_t>(lane)] : fill;
    }
    hn::StoreU(body(hn::LoadU(DF(), rest)), DF(), rest);
    std::memcpy(out + i, rest, (n - i) * sizeof(float));
  }
}

// Largest value; NaN where one is NaN (on x86 and ARM a NaN may also be passed over: the callers
// subtract the result from every value, so that NaN shows anyway).
HWY_INLINE float max_of(const float* x, size_t n) {
  float best = x[0];
  size_t i = 0;
  if (n >= kLanes) {
    VF most = hn::LoadU(DF(), x);
    for (i = kLanes; i + kLanes <= n; i += kLanes) {
      most = hn::Max(most, hn::LoadU(DF(), x + i));
    }
    best = hn::GetLane(hn::MaxOfLanes(DF(), most));
  }
  for (; i < n; ++i) {
    best = x[i] > best ? x[i] : best;
  }
  return best;
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
