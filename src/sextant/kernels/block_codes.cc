#include "sextant/kernels/block_codes.h"

#include <algorithm>
#include <cstring>

#include "sextant/base/error.h"
#include "sextant/io/block_formats.h"

namespace sextant::kernels {
namespace {

// 32 bytes hold 32 codes in their low and 32 more in their high four bits, `apart` positions on.
template <int bytes>
void read_halves(const uint8_t* packed, int apart, uint8_t* codes) {
  for (int i = 0; i < bytes; ++i) {
    codes[i] = packed[i] & 15;
    codes[apart + i] = packed[i] >> 4;
  }
}

void read_fifth_bits(uint32_t bits, uint8_t* codes) {
  for (int i = 0; i < 32; ++i) {
    codes[i] = static_cast<uint8_t>(codes[i] | (((bits >> i) & 1) << 4));
  }
}

void read(const io::BlockQ4_0& in, BlockCodes& out) { read_halves<16>(in.quants, 16, out.codes); }

void read(const io::BlockQ4_1& in, BlockCodes& out) {
  out.m = in.minimum;
  read_halves<16>(in.quants, 16, out.codes);
}

void read(const io::BlockQ5_0& in, BlockCodes& out) {
  read_halves<16>(in.quants, 16, out.codes);
  read_fifth_bits(in.high_bits, out.codes);
}

void read(const io::BlockQ5_1& in, BlockCodes& out) {
  out.m = in.minimum;
  read_halves<16>(in.quants, 16, out.codes);
  read_fifth_bits(in.high_bits, out.codes);
}

void read(const io::BlockQ8_0& in, BlockCodes& out) {
  for (int i = 0; i < 32; ++i) {
    out.codes[i] = static_cast<uint8_t>(in.quants[i] + 128);
  }
}

void read(const io::BlockIQ4_NL& in, BlockCodes& out) {
  read_halves<16>(in.quants, 16, out.codes);
  for (int i = 0; i < 32; ++i) {
    out.codes[i] = static_cast<uint8_t>(io::kIq4Values[out.codes[i]] + 128);
  }
}

// Codes of two bits: element 128*h + 32*s + i in bits 2s, 2s+1 of byte 32*h + i.
void read_two_bits(const uint8_t* packed, uint8_t* codes) {
  for (int part = 0; part < 8; ++part) {
    const uint8_t* in = packed + part / 4 * 32;
    for (int i = 0; i < 32; ++i) {
      codes[part * 32 + i] = (in[i] >> (part % 4 * 2)) & 3;
    }
  }
}

void read(const io::BlockQ2_K& in, BlockCodes& out) {
  out.m = in.minimum;
  for (int g = 0; g < 16; ++g) {
    out.sub_scale[g] = in.scales[g] & 15;
    out.sub_min[g] = in.scales[g] >> 4;
  }
  read_two_bits(in.quants, out.codes);
}

void read(const io::BlockQ3_K& in, BlockCodes& out) {
  for (int g = 0; g < 16; ++g) {
    out.sub_scale[g] = static_cast<uint8_t>(io::q3_k_scale(in.scales, g));
  }
  read_two_bits(in.quants, out.codes);
  for (int part = 0; part < 8; ++part) {
    for (int i = 0; i < 32; ++i) {
      const int bit = (in.high_bits[i] >> part) & 1;
      out.codes[part * 32 + i] = static_cast<uint8_t>(out.codes[part * 32 + i] | (bit << 2));
    }
  }
}

template <class Block>
void read_pairs_and_halves(const Block& in, BlockCodes& out) {
  out.m = in.minimum;
  for (int g = 0; g < 8; ++g) {
    const io::KScaleAndMinimum pair = io::k_scale_and_minimum(in.scales, g);
    out.sub_scale[g] = pair.scale;
    out.sub_min[g] = pair.minimum;
  }
  for (int chunk = 0; chunk < 4; ++chunk) {
    read_halves<32>(in.quants + chunk * 32, 32, out.codes + chunk * 64);
  }
}

void read(const io::BlockQ4_K& in, BlockCodes& out) { read_pairs_and_halves(in, out); }

void read(const io::BlockQ5_K& in, BlockCodes& out) {
  read_pairs_and_halves(in, out);
  for (int part = 0; part < 8; ++part) {
    for (int i = 0; i < 32; ++i) {
      const int bit = (in.high_bits[i] >> part) & 1;
      out.codes[part * 32 + i] = static_cast<uint8_t>(out.codes[part * 32 + i] | (bit << 4));
    }
  }
}

void read(const io::BlockQ6_K& in, BlockCodes& out) {
  std::copy(in.scales, in.scales + 16, out.sub_scale);
  uint8_t high[256];
  read_two_bits(in.high_bits, high);
  for (int chunk = 0; chunk < 2; ++chunk) {
    read_halves<64>(in.low_bits + chunk * 64, 64, out.codes + chunk * 128);
  }
  for (int i = 0; i < 256; ++i) {
    out.codes[i] = static_cast<uint8_t>(out.codes[i] | (high[i] << 4));
  }
}

template <class Block>
void read_as(const uint8_t* bytes, BlockCodes& out) {
  Block block;
  std::memcpy(&block, bytes, sizeof(block));
  out.d = block.scale;
  read(block, out);
}

}  // namespace

void read_block(DType dtype, const uint8_t* block, BlockCodes& out) {
  switch (dtype) {
    case DType::kQ4_0:
      return read_as<io::BlockQ4_0>(block, out);
    case DType::kQ4_1:
      return read_as<io::BlockQ4_1>(block, out);
    case DType::kQ5_0:
      return read_as<io::BlockQ5_0>(block, out);
    case DType::kQ5_1:
      return read_as<io::BlockQ5_1>(block, out);
    case DType::kQ8_0:
      return read_as<io::BlockQ8_0>(block, out);
    case DType::kIQ4_NL:
      return read_as<io::BlockIQ4_NL>(block, out);
    case DType::kQ2_K:
      return read_as<io::BlockQ2_K>(block, out);
    case DType::kQ3_K:
      return read_as<io::BlockQ3_K>(block, out);
    case DType::kQ4_K:
      return read_as<io::BlockQ4_K>(block, out);
    case DType::kQ5_K:
      return read_as<io::BlockQ5_K>(block, out);
    case DType::kQ6_K:
      return read_as<io::BlockQ6_K>(block, out);
    default:
      SEXTANT_CHECK(false, "{} has no codes", to_string(dtype));
  }
}

}  // namespace sextant::kernels
