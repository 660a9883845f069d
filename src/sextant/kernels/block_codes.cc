#include "sextant/kernels/block_codes.h"

#include <cstring>

#include "sextant/base/error.h"

namespace sextant::kernels {
namespace {

uint16_t read_u16(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[0] | (bytes[1] << 8));
}

void read_nibbles(const uint8_t* packed, uint8_t* codes) {
  for (int j = 0; j < 16; ++j) {
    codes[j] = packed[j] & 15;
    codes[j + 16] = packed[j] >> 4;
  }
}

void read_fifth_bits(const uint8_t* bits, uint8_t* codes) {
  uint32_t word;
  std::memcpy(&word, bits, 4);
  for (int j = 0; j < 32; ++j) {
    codes[j] = static_cast<uint8_t>(codes[j] | (((word >> j) & 1) << 4));
  }
}

void read_q8_0(const uint8_t* block, BlockCodes& out) {
  for (int j = 0; j < 32; ++j) {
    out.codes[j] = block[2 + j] ^ 0x80;
  }
}

// The sixteen values that a code of IQ4_NL stands for.
constexpr int8_t kNonLinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                   1,    13,   25,  38,  53,  69,  89,  113};

void read_iq4_nl(const uint8_t* block, BlockCodes& out) {
  read_nibbles(block + 2, out.codes);
  for (int j = 0; j < 32; ++j) {
    out.codes[j] = static_cast<uint8_t>(kNonLinear[out.codes[j]] + 128);
  }
}

// Eight scales and eight minima of 6 bits in 12 bytes (Q4_K, Q5_K).
void read_six_bit_pairs(const uint8_t* packed, BlockCodes& out) {
  for (int j = 0; j < 4; ++j) {
    out.sub_scale[j] = packed[j] & 63;
    out.sub_min[j] = packed[j + 4] & 63;
    out.sub_scale[j + 4] = static_cast<uint8_t>((packed[j + 8] & 15) | ((packed[j] >> 6) << 4));
    out.sub_min[j + 4] = static_cast<uint8_t>((packed[j + 8] >> 4) | ((packed[j + 4] >> 6) << 4));
  }
}

// d, m, 12 scale bytes, [32 high-bit bytes of Q5_K], 128 bytes of nibbles.
void read_q45_k(const uint8_t* block, bool five, BlockCodes& out) {
  out.m = read_u16(block + 2);
  read_six_bit_pairs(block + 4, out);
  const uint8_t* high = block + 16;
  const uint8_t* low = five ? high + 32 : high;
  for (int e = 0; e < 256; ++e) {
    const int part = e / 32;
    const int l = e % 32;
    const uint8_t byte = low[part / 2 * 32 + l];
    const int nibble = part % 2 == 0 ? byte & 15 : byte >> 4;
    const int bit = five ? (high[l] >> part) & 1 : 0;
    out.codes[e] = static_cast<uint8_t>(nibble | (bit << 4));
  }
}

void read_q2_k(const uint8_t* block, BlockCodes& out) {
  const uint8_t* codes = block + 16;
  out.d = read_u16(block + 80);
  out.m = read_u16(block + 82);
  for (int j = 0; j < 16; ++j) {
    out.sub_scale[j] = block[j] & 15;
    out.sub_min[j] = block[j] >> 4;
  }
  for (int e = 0; e < 256; ++e) {
    out.codes[e] = (codes[e / 128 * 32 + e % 32] >> (e % 128 / 32 * 2)) & 3;
  }
}

void read_q3_k(const uint8_t* block, BlockCodes& out) {
  const uint8_t* high = block;
  const uint8_t* low = block + 32;
  const uint8_t* scales = block + 96;
  out.d = read_u16(block + 108);
  for (int j = 0; j < 16; ++j) {
    const int four = j < 8 ? scales[j] & 15 : scales[j - 8] >> 4;
    const int two = (scales[8 + j % 4] >> (j / 4 * 2)) & 3;
    out.sub_scale[j] = static_cast<uint8_t>((four | (two << 4)) - 32);
  }
  for (int e = 0; e < 256; ++e) {
    const int two = (low[e / 128 * 32 + e % 32] >> (e % 128 / 32 * 2)) & 3;
    const int one = (high[e % 32] >> (e / 32)) & 1;
    out.codes[e] = static_cast<uint8_t>(two | (one << 2));
  }
}

void read_q6_k(const uint8_t* block, BlockCodes& out) {
  const uint8_t* low = block;
  const uint8_t* high = block + 128;
  out.d = read_u16(block + 208);
  std::memcpy(out.sub_scale, block + 192, 16);
  for (int e = 0; e < 256; ++e) {
    const int half = e / 128;
    const int part = e % 128 / 32;
    const int l = e % 32;
    const uint8_t byte = low[half * 64 + part % 2 * 32 + l];
    const int four = part < 2 ? byte & 15 : byte >> 4;
    const int two = (high[half * 32 + l] >> (part * 2)) & 3;
    out.codes[e] = static_cast<uint8_t>(four | (two << 4));
  }
}

}  // namespace

void read_block(DType dtype, const uint8_t* block, BlockCodes& out) {
  out.d = read_u16(block);  // the formats that keep it elsewhere set it again
  switch (dtype) {
    case DType::kQ4_0:
      return read_nibbles(block + 2, out.codes);
    case DType::kQ4_1:
      out.m = read_u16(block + 2);
      return read_nibbles(block + 4, out.codes);
    case DType::kQ5_0:
      read_nibbles(block + 6, out.codes);
      return read_fifth_bits(block + 2, out.codes);
    case DType::kQ5_1:
      out.m = read_u16(block + 2);
      read_nibbles(block + 8, out.codes);
      return read_fifth_bits(block + 4, out.codes);
    case DType::kQ8_0:
      return read_q8_0(block, out);
    case DType::kIQ4_NL:
      return read_iq4_nl(block, out);
    case DType::kQ2_K:
      return read_q2_k(block, out);
    case DType::kQ3_K:
      return read_q3_k(block, out);
    case DType::kQ4_K:
    case DType::kQ5_K:
      return read_q45_k(block, dtype == DType::kQ5_K, out);
    case DType::kQ6_K:
      return read_q6_k(block, out);
    default:
      SEXTANT_CHECK(false, "{} has no codes", to_string(dtype));
  }
}

}  // namespace sextant::kernels
