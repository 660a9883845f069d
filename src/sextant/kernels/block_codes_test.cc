#include "sextant/kernels/block_codes.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sextant/base/half.h"
#include "sextant/io/block_formats.h"
#include "sextant/kernels/conformance/suite.h"
#include "sextant/kernels/packed_format.h"

namespace sextant::kernels {
namespace {

using conformance::random_weights;
using conformance::RandomWeights;

BlockCodes codes_of(DType dtype, const void* block) {
  BlockCodes out;
  read_block(dtype, static_cast<const uint8_t*>(block), out);
  return out;
}

// The weight of column k by the formula of the header.
float weight(DType dtype, const BlockCodes& b, int k) {
  const PackedFormat format = value_or_throw(packed_format(dtype));
  const float code = static_cast<float>(b.codes[k] - format.offset);
  const float d = f16_to_f32(b.d);
  const float m = f16_to_f32(b.m);
  const auto group16 = k / 16;
  const auto group32 = k / 32;
  switch (format.scales) {
    case Scales::kPlain:
      return d * code;
    case Scales::kPlainMin:
      return d * code + m;
    case Scales::kSuper16:
      return d * static_cast<float>(static_cast<int8_t>(b.sub_scale[group16])) * code;
    case Scales::kSuperMin16:
      return d * static_cast<float>(b.sub_scale[group16]) * code -
             m * static_cast<float>(b.sub_min[group16]);
    default:
      return d * static_cast<float>(b.sub_scale[group32]) * code -
             m * static_cast<float>(b.sub_min[group32]);
  }
}

TEST(BlockCodes, GiveTheWeightsOfEveryFormat) {
  for (const DType dtype : conformance::weight_types()) {
    if (!is_quantised(dtype)) {
      continue;
    }
    const int64_t size = info(dtype).block_size;
    const RandomWeights w = random_weights(dtype, 8, size, 42);
    for (int64_t r = 0; r < 8; ++r) {
      const BlockCodes b = codes_of(dtype, w.bytes.data() + r * info(dtype).block_bytes);
      for (int k = 0; k < size; ++k) {
        ASSERT_EQ(weight(dtype, b, k), w.values[static_cast<size_t>(r * size + k)])
            << to_string(dtype) << " block " << r << " column " << k;
      }
    }
  }
}

// Codes fit the bits that their packed form keeps.
TEST(BlockCodes, StayWithinTheirBits) {
  for (const DType dtype : conformance::weight_types()) {
    if (!is_quantised(dtype)) {
      continue;
    }
    const RandomWeights w = random_weights(dtype, 1, info(dtype).block_size, 43);
    const Codes codes = value_or_throw(packed_format(dtype)).codes;
    const int limit = codes == Codes::k4   ? 16
                      : codes == Codes::k5 ? 32
                      : codes == Codes::k6 ? 64
                                           : 256;
    const BlockCodes b = codes_of(dtype, w.bytes.data());
    for (int k = 0; k < info(dtype).block_size; ++k) {
      EXPECT_LT(b.codes[k], limit) << to_string(dtype) << " column " << k;
    }
  }
}

TEST(BlockCodes, LowNibblesComeBeforeHighOnes) {
  io::BlockQ4_0 block{};
  block.scale = f32_to_f16(1.0f);
  for (int i = 0; i < 16; ++i) {
    block.quants[i] = static_cast<uint8_t>(i | ((15 - i) << 4));
  }
  const BlockCodes b = codes_of(DType::kQ4_0, &block);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(b.codes[i], i);
    EXPECT_EQ(b.codes[16 + i], 15 - i);
  }
}

TEST(BlockCodes, FifthBitsBelongToTheirColumn) {
  for (int column = 0; column < 32; ++column) {
    io::BlockQ5_0 block{};
    block.high_bits = uint32_t{1} << column;
    const BlockCodes b = codes_of(DType::kQ5_0, &block);
    for (int i = 0; i < 32; ++i) {
      EXPECT_EQ(b.codes[i], i == column ? 16 : 0) << column << " " << i;
    }
  }
}

TEST(BlockCodes, EightBitsAreShiftedToUnsigned) {
  io::BlockQ8_0 block{};
  block.quants[0] = -128;
  block.quants[1] = -1;
  block.quants[31] = 127;
  const BlockCodes b = codes_of(DType::kQ8_0, &block);
  EXPECT_EQ(b.codes[0], 0);
  EXPECT_EQ(b.codes[1], 127);
  EXPECT_EQ(b.codes[2], 128);
  EXPECT_EQ(b.codes[31], 255);
}

TEST(BlockCodes, RefusesTypesWithoutBlocks) {
  const uint8_t bytes[4] = {};
  BlockCodes out;
  try {
    read_block(DType::kF32, bytes, out);
    FAIL() << "read codes of F32";
  } catch (const SextantError& e) {
    EXPECT_NE(std::string(e.what()).find("F32 has no codes"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace sextant::kernels
