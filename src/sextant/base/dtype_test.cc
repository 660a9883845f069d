#include "sextant/base/dtype.h"

#include <gtest/gtest.h>
#include <set>

namespace sextant {
namespace {

TEST(DType, NamesAreUniqueAndReadBack) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(DType::kIQ4_NL); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_TRUE(names.insert(to_string(dtype)).second) << to_string(dtype);
    EXPECT_EQ(dtype_from_name(to_string(dtype)), dtype);
    EXPECT_GT(info(dtype).block_bytes, 0);
  }
  EXPECT_EQ(dtype_from_name("f32"), std::nullopt);
  EXPECT_EQ(dtype_from_name(""), std::nullopt);
}

// Bits a weight as the GGUF block formats define them.
TEST(DType, BlocksHaveTheBitsOfTheirFormat) {
  const auto bits = [](DType dtype) {
    return 8.0 * static_cast<double>(info(dtype).block_bytes) /
           static_cast<double>(info(dtype).block_size);
  };
  EXPECT_EQ(bits(DType::kQ4_0), 4.5);
  EXPECT_EQ(bits(DType::kQ4_1), 5);
  EXPECT_EQ(bits(DType::kQ5_0), 5.5);
  EXPECT_EQ(bits(DType::kQ5_1), 6);
  EXPECT_EQ(bits(DType::kQ8_0), 8.5);
  EXPECT_EQ(bits(DType::kQ2_K), 2.625);
  EXPECT_EQ(bits(DType::kQ3_K), 3.4375);
  EXPECT_EQ(bits(DType::kQ4_K), 4.5);
  EXPECT_EQ(bits(DType::kQ5_K), 5.5);
  EXPECT_EQ(bits(DType::kQ6_K), 6.5625);
  EXPECT_EQ(bits(DType::kIQ4_NL), 4.5);
  EXPECT_EQ(bits(DType::kBF16), 16);
}

TEST(DType, OnlyBlockFormatsAreQuantised) {
  EXPECT_FALSE(is_quantised(DType::kF64));
  EXPECT_FALSE(is_quantised(DType::kBool));
  EXPECT_TRUE(is_quantised(DType::kQ4_0));
  EXPECT_TRUE(is_quantised(DType::kIQ4_NL));
}

}  // namespace
}  // namespace sextant
