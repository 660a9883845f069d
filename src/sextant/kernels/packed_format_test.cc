#include "sextant/kernels/packed_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sextant/kernels/conformance/suite.h"

namespace sextant::kernels {
namespace {

using conformance::weight_types;

TEST(PackedFormat, OffsetCentresTheSignedTypes) {
  const auto offset = [](DType dtype) { return value_or_throw(packed_format(dtype)).offset; };
  EXPECT_EQ(offset(DType::kQ4_0), 8);
  EXPECT_EQ(offset(DType::kQ5_0), 16);
  EXPECT_EQ(offset(DType::kQ8_0), 128);
  EXPECT_EQ(offset(DType::kIQ4_NL), 128);
  EXPECT_EQ(offset(DType::kQ3_K), 4);
  EXPECT_EQ(offset(DType::kQ6_K), 32);
  for (const DType dtype : weight_types()) {
    const PackedFormat format = value_or_throw(packed_format(dtype));
    EXPECT_EQ(format.is_float(), !is_quantised(dtype)) << to_string(dtype);
    EXPECT_EQ(format.offset & (format.offset - 1), 0) << to_string(dtype);
    const bool has_minimum = format.scales == Scales::kPlainMin ||
                             format.scales == Scales::kSuperMin16 ||
                             format.scales == Scales::kSuperMin32;
    EXPECT_FALSE(has_minimum && format.offset != 0) << to_string(dtype);
  }
}

TEST(PackedFormat, RefusesWhatHoldsNoWeights) {
  for (const DType dtype :
       {DType::kI8, DType::kU8, DType::kI16, DType::kI32, DType::kI64, DType::kF64, DType::kBool}) {
    const auto format = packed_format(dtype);
    ASSERT_FALSE(format) << to_string(dtype);
    EXPECT_EQ(format.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(format.error().message,
              "[kernels/weights] expected a float or block-quantised weight, found " +
                  std::string(to_string(dtype)));
  }
}

// As the header of weight_matrix.h states it, for a whole number of super blocks.
TEST(PackedFormat, SizeAgainstTheSource) {
  struct Expected {
    DType dtype;
    double ratio;
  };
  const Expected cases[] = {{DType::kF32, 1},      {DType::kF16, 1},      {DType::kBF16, 1},
                            {DType::kQ4_0, 1},     {DType::kQ4_1, 1},     {DType::kQ5_0, 1},
                            {DType::kQ5_1, 1},     {DType::kQ8_0, 1},     {DType::kQ4_K, 1.028},
                            {DType::kQ5_K, 1.023}, {DType::kQ2_K, 1.95},  {DType::kQ3_K, 1.33},
                            {DType::kQ6_K, 1},     {DType::kIQ4_NL, 1.89}};
  for (const Expected& c : cases) {
    const int64_t cols = 2048;
    const int64_t source = cols / info(c.dtype).block_size * info(c.dtype).block_bytes * kTileRows;
    const int64_t packed = tile_bytes(value_or_throw(packed_format(c.dtype)), cols);
    EXPECT_NEAR(static_cast<double>(packed) / static_cast<double>(source), c.ratio, 0.005)
        << to_string(c.dtype);
  }
}

TEST(PackedFormat, PartsOfATileBeginAtMultiplesOf64) {
  for (const DType dtype : weight_types()) {
    const PackedFormat format = value_or_throw(packed_format(dtype));
    int64_t before = 0;
    for (int64_t n = 1; n < 20; ++n) {
      const int64_t cols = n * info(dtype).block_size;
      const int64_t codes = codes_offset(format, cols);
      const int64_t all = tile_bytes(format, cols);
      EXPECT_EQ(codes % 64, 0) << to_string(dtype) << " " << cols;
      EXPECT_EQ(all % 64, 0) << to_string(dtype) << " " << cols;
      EXPECT_EQ(codes == 0, format.is_float());
      EXPECT_GE(codes, cols / scale_columns(format.scales) * scale_bytes(format.scales));
      EXPECT_GE(all, before) << to_string(dtype) << " " << cols;
      before = all;
    }
  }
}

}  // namespace
}  // namespace sextant::kernels
