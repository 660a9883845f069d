#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/pack_panel.cc"
#include "hwy/foreach_target.h"
#include "sextant/kernels/cpu/lanes-inl.h"
#include "sextant/kernels/cpu/panels.h"
#include "sextant/kernels/cpu/tile_job.h"

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

// Magnitudes as integers order like the floats, with infinities and NaN on top.
HWY_INLINE float block_magnitude(const float* x) {
  VI largest = hn::Zero(DI());
  for (int i = 0; i < kBlock; i += kLanes) {
    largest = hn::Max(largest, hn::BitCast(DI(), hn::Abs(hn::LoadU(DF(), x + i))));
  }
  return hn::GetLane(hn::BitCast(DF(), hn::MaxOfLanes(DI(), largest)));
}

// Rounds 32 values to q and returns the scale.
HWY_INLINE float quantise_block(const float* x, int8_t* q) {
  constexpr float kTiny = 0x1p-120f;  // below, 127 / largest would not be finite
  const float largest = block_magnitude(x);
  if (!(largest >= kTiny && largest <= std::numeric_limits<float>::max())) {
    std::memset(q, 0, kBlock);
    return largest < kTiny ? 0.0f : std::numeric_limits<float>::quiet_NaN();
  }
  const VF factor = hn::Set(DF(), 127.0f / largest);
  const hn::Rebind<int8_t, DF> narrow;
  for (int i = 0; i < kBlock; i += kLanes) {
    const VI rounded = hn::NearestInt(hn::Mul(hn::LoadU(DF(), x + i), factor));
    hn::StoreU(hn::DemoteTo(narrow, rounded), narrow, q + i);
  }
  return largest / 127.0f;
}

// One block of one row of a panel: its integers, scale and sums.
HWY_INLINE void put_block(const int8_t* q, float scale, int w, int width, uint8_t* out) {
  int32_t low = 0;
  int32_t high = 0;
  for (int i = 0; i < kBlock / 2; ++i) {
    low += q[i];
    high += q[i + kBlock / 2];
  }
  reinterpret_cast<float*>(out + kScaleOffset * width)[w] = scale;
  reinterpret_cast<float*>(out + kScaledSumOffset * width)[w] =
      scale * static_cast<float>(low + high);
  reinterpret_cast<int32_t*>(out + kSumOffset * width)[w] = -(low + high);
  reinterpret_cast<int32_t*>(out + kLowSumOffset * width)[w] = -low;
  for (int j = 0; j < 8; ++j) {
    std::memcpy(out + (j * width + w) * 4, q + j * 4, 4);
  }
}

void pack_int8(const float* x, int64_t cols, int width, bool two_parts, uint8_t* out) {
  const int step = two_parts ? 2 : 1;
  for (int64_t b = 0; b < cols; b += kBlock, out += kBlockBytes * width) {
    for (int w = 0; w < width; w += step) {
      const float* values = x + w / step * cols + b;
      alignas(32) int8_t q[kBlock];
      const float scale = quantise_block(values, q);
      put_block(q, scale, w, width, out);
      if (two_parts) {
        alignas(32) float rest[kBlock];
        for (int i = 0; i < kBlock; ++i) {
          rest[i] = values[i] - scale * static_cast<float>(q[i]);
        }
        const float rest_scale = quantise_block(rest, q);
        put_block(q, rest_scale, w + 1, width, out);
      }
    }
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {

HWY_EXPORT(pack_int8);

void pack_panel_int8(const float* x, int64_t cols, int width, bool two_parts, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(pack_int8)(x, cols, width, two_parts, out);
}

}  // namespace sextant::kernels
#endif
