// Reads the codes and scales of packed blocks (packed_format.h) into vectors.
#if defined(SEXTANT_KERNELS_CODES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEXTANT_KERNELS_CODES_INL_H_
#undef SEXTANT_KERNELS_CODES_INL_H_
#else
#define SEXTANT_KERNELS_CODES_INL_H_
#endif

#include "sextant/kernels/cpu/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

// Shifts left by n bits, or right by -n, and keeps the bits of the mask in each byte.
template <int n>
HWY_INLINE VU shift_and_mask(VU v, uint32_t byte_mask) {
  const VU mask = hn::Set(DU(), byte_mask * 0x01010101u);
  if constexpr (n > 0) {
    v = hn::ShiftLeft<n>(v);
  } else if constexpr (n < 0) {
    v = hn::ShiftRight<-n>(v);
  }
  return hn::And(v, mask);
}

HWY_INLINE VU load_words(const uint8_t* in) {
  return hn::LoadU(DU(), reinterpret_cast<const uint32_t*>(in));
}

// Four codes of each row, columns 4j to 4j + 3 of the block at `block`, as bytes.
template <Codes kCodes, int j>
HWY_INLINE VU load_codes(const uint8_t* block) {
  if constexpr (kCodes == Codes::k8) {
    return load_words(block + j * 64);
  } else {
    const VU low = shift_and_mask<(j < 4 ? 0 : -4)>(load_words(block + j % 4 * 64), 0x0f);
    if constexpr (kCodes == Codes::k5) {
      return hn::Or(low, shift_and_mask<4 - j>(load_words(block + 256), 0x10));
    } else if constexpr (kCodes == Codes::k6) {
      const VU high = load_words(block + 256 + j / 4 * 64);
      return hn::Or(low, shift_and_mask<4 - 2 * (j % 4)>(high, 0x30));
    } else {
      return low;
    }
  }
}

// Bytes of a tile for each block of 32 columns, scales included.
template <Codes kCodes, Scales kScales>
constexpr int64_t kTileBlockBytes =
    code_bytes(kCodes) + scale_bytes(kScales) * kBlock / scale_columns(kScales);

// Bytes of one row in a vector of codes.
template <Codes kCodes>
constexpr int64_t kLaneBytes = kCodes == Codes::kF16 || kCodes == Codes::kBF16 ? 2 : 4;

// One column of a tile of floats.
template <Codes kCodes>
HWY_INLINE VF load_floats(const uint8_t* in) {
  if constexpr (kCodes == Codes::kF32) {
    return hn::LoadU(DF(), reinterpret_cast<const float*>(in));
  } else if constexpr (kCodes == Codes::kF16) {
    return load_f16(in);
  } else {
    return load_bf16(in);
  }
}

template <Scales kScales>
constexpr bool kHasMin = kScales == Scales::kPlainMin || kScales == Scales::kSuperMin32 ||
                         kScales == Scales::kSuperMin16;

// Groups of a block that have their own scale.
template <Scales kScales>
constexpr int kGroups = kScales == Scales::kSuperMin16 || kScales == Scales::kSuper16 ? 2 : 1;

struct ScaleAndMin {
  VF scale;
  VF minimum;  // only where kHasMin
};

// Scales of block b, group g of it, for the rows from `lane` on.
template <Scales kScales>
HWY_INLINE ScaleAndMin load_scales(const uint8_t* scales, int64_t b, int g, int lane) {
  if constexpr (kScales == Scales::kPlain) {
    return {load_f16(scales + b * 32 + lane * 2), hn::Zero(DF())};
  } else if constexpr (kScales == Scales::kPlainMin) {
    const uint8_t* in = scales + b * 64 + lane * 2;
    return {load_f16(in), load_f16(in + 32)};
  } else if constexpr (kScales == Scales::kSuper16) {
    const uint8_t* in = scales + b / 8 * (32 + 256);
    const VF sub = load_i8(in + 32 + (b % 8 * 2 + g) * kTileRows + lane);
    return {hn::Mul(load_f16(in + lane * 2), sub), hn::Zero(DF())};
  } else {
    constexpr int kSubs = kScales == Scales::kSuperMin32 ? 8 : 16;
    const uint8_t* in = scales + b / 8 * (64 + 2 * kSubs * kTileRows);
    const uint8_t* sub = in + 64 + (b % 8 * (kSubs / 8) + g) * kTileRows + lane;
    return {hn::Mul(load_f16(in + lane * 2), load_u8(sub)),
            hn::Neg(hn::Mul(load_f16(in + 32 + lane * 2), load_u8(sub + kSubs * kTileRows)))};
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
