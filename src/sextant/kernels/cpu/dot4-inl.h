// Integer dot products of weight codes with int8 activations, exact on every target.
//
// dot_codes adds, for each of kTokens tokens, the products of the codes of columns 4*begin to
// 4*end of a block to sum[token]. It uses vpdpbusd where the CPU has VNNI, else maddubs with as
// many additions in 16 bits as cannot overflow (codes of b bits: 2 * (2^b - 1) * 127 each), else
// plain 32-bit products. Codes of 8 bits count as unsigned with VNNI and as signed (code - 128)
// elsewhere, since maddubs would saturate: kByteOffset is what the caller has to take off.
#if defined(SEXTANT_KERNELS_DOT4_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEXTANT_KERNELS_DOT4_INL_H_
#undef SEXTANT_KERNELS_DOT4_INL_H_
#else
#define SEXTANT_KERNELS_DOT4_INL_H_
#endif

#include "sextant/kernels/cpu/codes-inl.h"

#undef SEXTANT_HAS_VNNI
#undef SEXTANT_HAS_MADDUBS
// AVX3_DL is offered only by CPUs with AVX512_VNNI.
#define SEXTANT_HAS_VNNI (HWY_TARGET == HWY_AVX3_DL)
#define SEXTANT_HAS_MADDUBS (HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128)

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

HWY_INLINE VU broadcast_word(const uint8_t* in) {
  uint32_t word;
  std::memcpy(&word, in, 4);
  return hn::Set(DU(), word);
}

#if SEXTANT_HAS_VNNI

constexpr int kByteOffset = 128;

// Highway 1.0.3 turns AVX512_VNNI on by no flag of its own, so that the intrinsic would not
// compile; the instruction takes the activation from memory and spares a broadcast besides.
HWY_INLINE VI add_dot4(VI sum, VU codes, const uint8_t* x) {
  asm("vpdpbusd %2%{1to16%}, %1, %0"
      : "+v"(sum.raw)
      : "v"(codes.raw), "m"(*reinterpret_cast<const uint32_t*>(x)));
  return sum;
}

template <Codes kCodes, int begin, int end, int kWidth, int kTokens>
HWY_INLINE void dot_codes(const uint8_t* block, const uint8_t* x, VI (&sum)[kTokens]) {
  unroll<end - begin>([&](auto step) SEXTANT_LAMBDA {
    constexpr int j = begin + step();
    const VU codes = load_codes<kCodes, j>(block);
    unroll<kTokens>([&](auto p)
                        HWY_ATTR { sum[p] = add_dot4(sum[p], codes, x + (j * kWidth + p) * 4); });
  });
}

#elif SEXTANT_HAS_MADDUBS

constexpr int kByteOffset = 0;

#if HWY_TARGET == HWY_AVX3
using Raw = __m512i;
HWY_INLINE Raw maddubs(Raw a, Raw b) { return _mm512_maddubs_epi16(a, b); }
HWY_INLINE Raw add_pairs(Raw a) { return _mm512_madd_epi16(a, _mm512_set1_epi16(1)); }
HWY_INLINE Raw add16(Raw a, Raw b) { return _mm512_add_epi16(a, b); }
HWY_INLINE Raw abs8(Raw a) { return _mm512_abs_epi8(a); }
HWY_INLINE Raw sign8(Raw a, Raw b) {
  return _mm512_mask_sub_epi8(a, _mm512_movepi8_mask(b), _mm512_setzero_si512(), a);
}
#elif HWY_TARGET == HWY_AVX2
using Raw = __m256i;
HWY_INLINE Raw maddubs(Raw a, Raw b) { return _mm256_maddubs_epi16(a, b); }
HWY_INLINE Raw add_pairs(Raw a) { return _mm256_madd_epi16(a, _mm256_set1_epi16(1)); }
HWY_INLINE Raw add16(Raw a, Raw b) { return _mm256_add_epi16(a, b); }
HWY_INLINE Raw abs8(Raw a) { return _mm256_abs_epi8(a); }
HWY_INLINE Raw sign8(Raw a, Raw b) { return _mm256_sign_epi8(a, b); }
#else
using Raw = __m128i;
HWY_INLINE Raw maddubs(Raw a, Raw b) { return _mm_maddubs_epi16(a, b); }
HWY_INLINE Raw add_pairs(Raw a) { return _mm_madd_epi16(a, _mm_set1_epi16(1)); }
HWY_INLINE Raw add16(Raw a, Raw b) { return _mm_add_epi16(a, b); }
HWY_INLINE Raw abs8(Raw a) { return _mm_abs_epi8(a); }
HWY_INLINE Raw sign8(Raw a, Raw b) { return _mm_sign_epi8(a, b); }
#endif

// Steps whose 16-bit sums cannot overflow: 8 * 3810, 4 * 7874, 2 * 16002, 1 * 32512.
template <Codes kCodes>
constexpr int kSteps = kCodes == Codes::k4   ? 8
                       : kCodes == Codes::k5 ? 4
                       : kCodes == Codes::k6 ? 2
                                             : 1;

template <Codes kCodes, int begin, int end, int kWidth, int kTokens>
HWY_INLINE void dot_codes(const uint8_t* block, const uint8_t* x, VI (&sum)[kTokens]) {
  Raw part[kTokens];
  unroll<end - begin>([&](auto step) SEXTANT_LAMBDA {
    constexpr int j = begin + step();
    VU codes = load_codes<kCodes, j>(block);
    Raw magnitude = codes.raw;
    if constexpr (kCodes == Codes::k8) {
      codes = hn::Xor(codes, hn::Set(DU(), 0x80808080u));
      magnitude = abs8(codes.raw);
    }
    unroll<kTokens>([&](auto p) SEXTANT_LAMBDA {
      Raw values = broadcast_word(x + (j * kWidth + p) * 4).raw;
      if constexpr (kCodes == Codes::k8) {
        values = sign8(values, codes.raw);
      }
      const Raw product = maddubs(magnitude, values);
      part[p] = (j - begin) % kSteps<kCodes> == 0 ? product : add16(part[p], product);
      if constexpr ((j - begin + 1) % kSteps<kCodes> == 0 || j + 1 == end) {
        sum[p] = hn::Add(sum[p], VI{add_pairs(part[p])});
      }
    });
  });
}

#else

constexpr int kByteOffset = 128;

template <Codes kCodes, int begin, int end, int kWidth, int kTokens>
HWY_INLINE void dot_codes(const uint8_t* block, const uint8_t* x, VI (&sum)[kTokens]) {
  unroll<end - begin>([&](auto step) SEXTANT_LAMBDA {
    constexpr int j = begin + step();
    const VU codes = load_codes<kCodes, j>(block);
    unroll<4>([&](auto i) SEXTANT_LAMBDA {
      const VU one = hn::And(hn::ShiftRight<8 * i()>(codes), hn::Set(DU(), 255));
      for (int p = 0; p < kTokens; ++p) {
        const auto value = static_cast<int8_t>(x[(j * kWidth + p) * 4 + i]);
        sum[p] = hn::Add(sum[p], hn::Mul(hn::BitCast(DI(), one), hn::Set(DI(), value)));
      }
    });
  });
}

#endif

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
