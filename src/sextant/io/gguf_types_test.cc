#include "sextant/io/gguf_types.h"

#include <gtest/gtest.h>

namespace sextant::io {
namespace {

TEST(GgufTypes, TensorTypesHaveTheNumbersOfTheFormat) {
  EXPECT_EQ(dtype_to_ggml_type(DType::kF32), 0u);
  EXPECT_EQ(dtype_to_ggml_type(DType::kQ4_1), 3u);
  EXPECT_EQ(dtype_to_ggml_type(DType::kQ6_K), 14u);
  EXPECT_EQ(dtype_to_ggml_type(DType::kIQ4_NL), 20u);
  EXPECT_EQ(dtype_to_ggml_type(DType::kF64), 28u);
  EXPECT_EQ(dtype_to_ggml_type(DType::kBF16), 30u);
  EXPECT_EQ(ggml_type_name(39), "MXFP4");
  EXPECT_EQ(ggml_type_name(41), "Q1_0");
}

TEST(GgufTypes, TensorTypesMapThereAndBack) {
  int read = 0;
  for (uint32_t code = 0; code < 64; ++code) {
    if (const auto dtype = ggml_type_to_dtype(code)) {
      EXPECT_EQ(dtype_to_ggml_type(*dtype), code);
      EXPECT_EQ(to_string(*dtype), ggml_type_name(code));
      ++read;
    }
  }
  EXPECT_EQ(read, 19);  // F64 F32 F16 BF16, I64 to I8, and the eleven block formats
}

TEST(GgufTypes, TypesOfOneSideOnlyGiveNothing) {
  EXPECT_FALSE(ggml_type_to_dtype(4).has_value());   // taken back
  EXPECT_FALSE(ggml_type_to_dtype(16).has_value());  // IQ2_XXS
  EXPECT_FALSE(ggml_type_to_dtype(0xffffffff).has_value());
  EXPECT_FALSE(dtype_to_ggml_type(DType::kF8E4M3).has_value());
  EXPECT_FALSE(dtype_to_ggml_type(DType::kU8).has_value());
  EXPECT_FALSE(dtype_to_ggml_type(DType::kBool).has_value());
}

TEST(GgufTypes, ValueTypesHaveNamesAndLeastSizes) {
  EXPECT_EQ(to_string(GgufType::kU8), "u8");
  EXPECT_EQ(to_string(GgufType::kF64), "f64");
  EXPECT_EQ(min_bytes(GgufType::kBool), 1u);
  EXPECT_EQ(min_bytes(GgufType::kString), 8u);
  EXPECT_EQ(min_bytes(GgufType::kArray), 12u);
  EXPECT_EQ(min_bytes(GgufType::kI64), 8u);
}

}  // namespace
}  // namespace sextant::io
