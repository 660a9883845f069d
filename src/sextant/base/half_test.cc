#include "sextant/base/half.h"

#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace sextant {
namespace {

// The compiler's own _Float16 is the oracle: IEEE binary16, round to nearest even.
float oracle_f16(uint16_t bits) { return static_cast<float>(std::bit_cast<_Float16>(bits)); }
uint16_t oracle_to_f16(float value) {
  return std::bit_cast<uint16_t>(static_cast<_Float16>(value));
}

TEST(Half, EveryF16WidensExactlyAndComesBack) {
  for (uint32_t i = 0; i <= 0xffff; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    const float wide = f16_to_f32(bits);
    const float expected = oracle_f16(bits);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(wide)) << i;
      EXPECT_TRUE(std::isnan(f16_to_f32(f32_to_f16(wide)))) << i;
      continue;
    }
    ASSERT_EQ(std::bit_cast<uint32_t>(wide), std::bit_cast<uint32_t>(expected)) << i;
    ASSERT_EQ(f32_to_f16(wide), bits) << i;
  }
}

// All f32 around each f16 and around each midpoint between two, and a stride through all others.
TEST(Half, F32RoundsToTheNearestEvenF16) {
  for (uint32_t i = 0; i < 0x7c00; ++i) {
    const uint32_t low = std::bit_cast<uint32_t>(oracle_f16(static_cast<uint16_t>(i)));
    const uint32_t high = i + 1 < 0x7c00
                              ? std::bit_cast<uint32_t>(oracle_f16(static_cast<uint16_t>(i + 1)))
                              : 0x47800000u;  // 65536, where infinity would be
    const float middle = (std::bit_cast<float>(low) + std::bit_cast<float>(high)) / 2;
    for (int step = -2; step <= 2; ++step) {
      for (const uint32_t centre : {low, std::bit_cast<uint32_t>(middle)}) {
        const float value =
            std::bit_cast<float>((centre + static_cast<uint32_t>(step)) & 0x7fffffff);
        if (!std::isnan(value)) {
          ASSERT_EQ(f32_to_f16(value), oracle_to_f16(value)) << value;
          ASSERT_EQ(f32_to_f16(-value), oracle_to_f16(-value)) << value;
        }
      }
    }
  }
  for (uint64_t bits = 0; bits <= 0xffffffff; bits += 99991) {
    const float value = std::bit_cast<float>(static_cast<uint32_t>(bits));
    if (!std::isnan(value)) {
      ASSERT_EQ(f32_to_f16(value), oracle_to_f16(value)) << value;
    }
  }
}

TEST(Half, EveryBf16WidensExactlyAndComesBack) {
  for (uint32_t i = 0; i <= 0xffff; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    const float wide = bf16_to_f32(bits);
    ASSERT_EQ(std::bit_cast<uint32_t>(wide), i << 16);
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(wide)))) << i;
    } else {
      ASSERT_EQ(f32_to_bf16(wide), bits) << i;
    }
  }
}

TEST(Half, F32RoundsToTheNearestEvenBf16) {
  for (uint32_t upper = 0; upper < 0x7f80; ++upper) {
    const uint16_t even = static_cast<uint16_t>(upper + (upper & 1));
    const auto round = [upper](uint32_t lower) {
      return f32_to_bf16(std::bit_cast<float>((upper << 16) | lower));
    };
    ASSERT_EQ(round(0x7fff), upper);
    ASSERT_EQ(round(0x8000), even);
    ASSERT_EQ(round(0x8001), upper + 1);
  }
  EXPECT_EQ(f32_to_bf16(-std::numeric_limits<float>::infinity()), 0xff80);
  // A NaN whose payload lies in the lower half must not become infinity.
  EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(std::bit_cast<float>(0x7f800001u)))));
}

TEST(Half, Float8FollowsItsDefinition) {
  EXPECT_EQ(f8_e4m3_to_f32(0x38), 1.0f);
  EXPECT_EQ(f8_e4m3_to_f32(0x7e), 448.0f);   // largest
  EXPECT_EQ(f8_e4m3_to_f32(0x01), 0x1p-9f);  // smallest
  EXPECT_EQ(f8_e4m3_to_f32(0xb8), -1.0f);
  EXPECT_TRUE(std::isnan(f8_e4m3_to_f32(0x7f)));
  EXPECT_TRUE(std::isnan(f8_e4m3_to_f32(0xff)));
  EXPECT_EQ(f8_e5m2_to_f32(0x3c), 1.0f);
  EXPECT_EQ(f8_e5m2_to_f32(0x7b), 57344.0f);  // largest
  EXPECT_EQ(f8_e5m2_to_f32(0x01), 0x1p-16f);  // smallest
  EXPECT_EQ(f8_e5m2_to_f32(0xfc), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(f8_e5m2_to_f32(0x7d)));
  // Ascending codes are ascending values.
  for (uint8_t bits = 0; bits < 0x7e; ++bits) {
    EXPECT_LT(f8_e4m3_to_f32(bits), f8_e4m3_to_f32(static_cast<uint8_t>(bits + 1)));
  }
}

}  // namespace
}  // namespace sextant
