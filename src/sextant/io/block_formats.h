// The block formats of GGUF files, as they lie in memory: for dequantise.cc and the kernels.
//
// Weights of one row are cut into blocks of 32 or 256 elements; a block holds small integers and
// the f16 scales that turn them back into numbers. Names and layouts are those of ggml. All
// structs are packed (alignment 1), so a block may be read at any address; multi-byte fields are
// little-endian, and a scale is the bits of an f16. Do not take the address of a scale.
//
// In the formulas q is the stored unsigned integer unless said otherwise. "Halves" means that a
// byte array holds element i in the low and element i + n/2 in the high four bits of byte i.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "sextant/base/dtype.h"

namespace sextant::io {

static_assert(std::endian::native == std::endian::little, "blocks are read in place");

inline constexpr int kBlock = 32;        // elements of a plain block
inline constexpr int kSuperBlock = 256;  // elements of a K block

// value = scale * (q - 8)
struct [[gnu::packed]] BlockQ4_0 {
  uint16_t scale;
  uint8_t quants[16];  // 4 bits, halves
};

// value = scale * q + minimum
struct [[gnu::packed]] BlockQ4_1 {
  uint16_t scale;
  uint16_t minimum;
  uint8_t quants[16];  // 4 bits, halves
};

// value = scale * (q - 16)
struct [[gnu::packed]] BlockQ5_0 {
  uint16_t scale;
  uint32_t high_bits;  // bit i is bit 4 of element i
  uint8_t quants[16];  // bits 0 to 3, halves
};

// value = scale * q + minimum
struct [[gnu::packed]] BlockQ5_1 {
  uint16_t scale;
  uint16_t minimum;
  uint32_t high_bits;  // bit i is bit 4 of element i
  uint8_t quants[16];  // bits 0 to 3, halves
};

// value = scale * q, q signed
struct [[gnu::packed]] BlockQ8_0 {
  uint16_t scale;
  int8_t quants[32];
};

// value = scale * kIq4Values[q]
struct [[gnu::packed]] BlockIQ4_NL {
  uint16_t scale;
  uint8_t quants[16];  // 4 bits, halves
};

// The levels of IQ4_NL: closer together near zero, where most weights are.
inline constexpr int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                          1,    13,   25,  38,  53,  69,  89,  113};

// The K formats: 256 elements in groups of 16 or 32 with a small integer scale each.

// 16 groups of 16: value = scale * (scales[g] & 15) * q - minimum * (scales[g] >> 4)
struct [[gnu::packed]] BlockQ2_K {
  uint8_t scales[16];
  uint8_t quants[64];  // 2 bits: element 128*h + 32*s + i in bits 2s, 2s+1 of byte 32*h + i
  uint16_t scale;
  uint16_t minimum;
};

// 16 groups of 16: value = scale * (group scale - 32) * (q - 4)
struct [[gnu::packed]] BlockQ3_K {
  uint8_t high_bits[32];  // bit k of byte i is bit 2 of element 32*k + i
  uint8_t quants[64];     // bits 0, 1, placed as in Q2_K
  uint8_t scales[12];     // 6 bits each, see q3_k_scale
  uint16_t scale;
};

// 8 groups of 32: value = scale * group scale * q - minimum * group minimum
struct [[gnu::packed]] BlockQ4_K {
  uint16_t scale;
  uint16_t minimum;
  uint8_t scales[12];   // 6 bits each, see k_scale_and_minimum
  uint8_t quants[128];  // 4 bits: 4 chunks of 64 elements in 32 bytes, each in halves
};

// 8 groups of 32: value = scale * group scale * q - minimum * group minimum
struct [[gnu::packed]] BlockQ5_K {
  uint16_t scale;
  uint16_t minimum;
  uint8_t scales[12];     // 6 bits each, see k_scale_and_minimum
  uint8_t high_bits[32];  // bit k of byte i is bit 4 of element 32*k + i
  uint8_t quants[128];    // bits 0 to 3, placed as in Q4_K
};

// 16 groups of 16: value = scale * scales[g] * (q - 32)
struct [[gnu::packed]] BlockQ6_K {
  uint8_t low_bits[128];  // bits 0 to 3: 2 chunks of 128 elements in 64 bytes, each in halves
  uint8_t high_bits[64];  // bits 4, 5, placed as in Q2_K
  int8_t scales[16];
  uint16_t scale;
};

struct KScaleAndMinimum {
  uint8_t scale;    // 0 to 63
  uint8_t minimum;  // 0 to 63
};

// Group 0 to 7 of Q4_K and Q5_K. Groups 0 to 3 fill six bits of bytes 0 to 3 (scale) and 4 to 7
// (minimum); groups 4 to 7 share bytes 8 to 11, their upper two bits are in the first eight.
inline KScaleAndMinimum k_scale_and_minimum(const uint8_t (&scales)[12], int group) {
  if (group < 4) {
    return {static_cast<uint8_t>(scales[group] & 63), static_cast<uint8_t>(scales[group + 4] & 63)};
  }
  const int low = scales[group + 4];
  return {static_cast<uint8_t>((low & 15) | (scales[group - 4] >> 6 << 4)),
          static_cast<uint8_t>((low >> 4) | (scales[group] >> 6 << 4))};
}

// Group 0 to 15 of Q3_K, 32 already subtracted. The low four bits are in bytes 0 to 7 (halves),
// the upper two in bytes 8 to 11.
inline int q3_k_scale(const uint8_t (&scales)[12], int group) {
  const int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
  const int high = (scales[8 + group % 4] >> (group / 4 * 2)) & 3;
  return (low | (high << 4)) - 32;
}

// The link between a block struct and its DType, which also checks the layout.
template <class Block, DType kType, int kCount, size_t kBytes>
struct BlockTraitsOf {
  static_assert(sizeof(Block) == kBytes && alignof(Block) == 1);
  static constexpr DType kDType = kType;
  static constexpr int kElements = kCount;
};

template <class Block>
struct BlockTraits;
template <>
struct BlockTraits<BlockQ4_0> : BlockTraitsOf<BlockQ4_0, DType::kQ4_0, kBlock, 18> {};
template <>
struct BlockTraits<BlockQ4_1> : BlockTraitsOf<BlockQ4_1, DType::kQ4_1, kBlock, 20> {};
template <>
struct BlockTraits<BlockQ5_0> : BlockTraitsOf<BlockQ5_0, DType::kQ5_0, kBlock, 22> {};
template <>
struct BlockTraits<BlockQ5_1> : BlockTraitsOf<BlockQ5_1, DType::kQ5_1, kBlock, 24> {};
template <>
struct BlockTraits<BlockQ8_0> : BlockTraitsOf<BlockQ8_0, DType::kQ8_0, kBlock, 34> {};
template <>
struct BlockTraits<BlockIQ4_NL> : BlockTraitsOf<BlockIQ4_NL, DType::kIQ4_NL, kBlock, 18> {};
template <>
struct BlockTraits<BlockQ2_K> : BlockTraitsOf<BlockQ2_K, DType::kQ2_K, kSuperBlock, 84> {};
template <>
struct BlockTraits<BlockQ3_K> : BlockTraitsOf<BlockQ3_K, DType::kQ3_K, kSuperBlock, 110> {};
template <>
struct BlockTraits<BlockQ4_K> : BlockTraitsOf<BlockQ4_K, DType::kQ4_K, kSuperBlock, 144> {};
template <>
struct BlockTraits<BlockQ5_K> : BlockTraitsOf<BlockQ5_K, DType::kQ5_K, kSuperBlock, 176> {};
template <>
struct BlockTraits<BlockQ6_K> : BlockTraitsOf<BlockQ6_K, DType::kQ6_K, kSuperBlock, 210> {};

}  // namespace sextant::io
