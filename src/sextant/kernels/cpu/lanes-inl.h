// Vector types of the matrix kernels: at most 16 lanes, one for each row of a tile.
#if defined(SEXTANT_KERNELS_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEXTANT_KERNELS_LANES_INL_H_
#undef SEXTANT_KERNELS_LANES_INL_H_
#else
#define SEXTANT_KERNELS_LANES_INL_H_
#endif

#include <cstdint>
#include <cstring>
#include <utility>

#include "hwy/highway.h"
#include "sextant/kernels/packed_format.h"

// Lambdas inherit neither the target nor the inlining of the function around them; one call left
// in an inner loop sends all vectors through memory.
#undef SEXTANT_LAMBDA
#define SEXTANT_LAMBDA HWY_ATTR __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::CappedTag<float, kTileRows>;
using DI = hn::RebindToSigned<DF>;
using DU = hn::RebindToUnsigned<DF>;
using DH = hn::Rebind<hwy::float16_t, DF>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;
using VU = hn::Vec<DU>;

constexpr int kLanes = static_cast<int>(HWY_MIN(HWY_LANES(float), kTileRows));

// Calls body(integral_constant i) for i in [0, n), unrolled.
template <int n, class Body>
HWY_INLINE void unroll(Body&& body) {
  [&]<int... i>(std::integer_sequence<int, i...>) SEXTANT_LAMBDA {
    (body(std::integral_constant<int, i>()), ...);
  }(std::make_integer_sequence<int, n>());
}

HWY_INLINE VF load_f16(const uint8_t* in) {
  return hn::PromoteTo(DF(), hn::LoadU(DH(), reinterpret_cast<const hwy::float16_t*>(in)));
}

HWY_INLINE VF load_bf16(const uint8_t* in) {
  const hn::Rebind<uint16_t, DF> narrow;
  const auto bits = hn::LoadU(narrow, reinterpret_cast<const uint16_t*>(in));
  return hn::BitCast(DF(), hn::ShiftLeft<16>(hn::PromoteTo(DU(), bits)));
}

HWY_INLINE VF load_u8(const uint8_t* in) {
  const hn::Rebind<uint8_t, DF> narrow;
  return hn::ConvertTo(DF(), hn::PromoteTo(DI(), hn::LoadU(narrow, in)));
}

HWY_INLINE VF load_i8(const uint8_t* in) {
  const hn::Rebind<int8_t, DF> narrow;
  return hn::ConvertTo(DF(),
                       hn::PromoteTo(DI(), hn::LoadU(narrow, reinterpret_cast<const int8_t*>(in))));
}

HWY_INLINE VF broadcast(const float* in) { return hn::Set(DF(), *in); }

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
