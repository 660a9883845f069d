#include "sextant/base/tensor_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kHuge = int64_t{1} << 62;

TEST(Shape, CountsElements) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({3, 4}), 12);
  EXPECT_EQ(element_count({3, 0, 4}), 0);
  EXPECT_EQ(to_string(Shape{}), "[]");
  EXPECT_EQ(to_string(Shape{3, 4}), "[3,4]");
}

TEST(Shape, RefusesExtentsThatOverflow) {
  auto count = element_count({3, -1});
  ASSERT_FALSE(count);
  EXPECT_THAT(count.error().message, HasSubstr("shape [3,-1]: negative extent"));
  for (const Shape& shape : {Shape{kHuge, 2}, Shape{0, kHuge, 2}, Shape{kHuge, 0, 2}}) {
    count = element_count(shape);
    ASSERT_FALSE(count) << to_string(shape);
    EXPECT_THAT(count.error().message, HasSubstr("more than 2^63 elements"));
  }
}

TEST(Shape, CountsBytesOfPlainAndBlockTypes) {
  EXPECT_EQ(byte_count(DType::kF32, {3, 4}), 48);
  EXPECT_EQ(byte_count(DType::kQ4_1, {2, 64}), 80);
  EXPECT_EQ(byte_count(DType::kQ6_K, {0, 256}), 0);
  auto bytes = byte_count(DType::kQ4_0, {32, 33});
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.error().message, HasSubstr("Q4_0 needs rows of a multiple of 32 elements"));
  EXPECT_FALSE(byte_count(DType::kQ4_0, {}));
  bytes = byte_count(DType::kF64, {kHuge});
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.error().message, HasSubstr("more than 2^63 bytes"));
}

TEST(TensorView, ReadsElementsOfTheRightSize) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const TensorView view = make_view(std::span(values), DType::kF32, {2, 3});
  EXPECT_EQ(view.elements(), 6);
  EXPECT_THAT(view.as<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THROW(view.as<double>(), SextantError);
  EXPECT_THROW(make_view(std::span(values), DType::kF32, {2, 2}), SextantError);
  const std::vector<uint8_t> block(18);
  EXPECT_THROW(make_view(std::span(block), DType::kQ4_0, {32}).as<uint8_t>(), SextantError);
}

TEST(TensorView, KnowsWhetherStridesAreContiguous) {
  const std::vector<float> values(6);
  TensorView view = make_view(std::span(values), DType::kF32, {2, 3});
  EXPECT_TRUE(view.contiguous());
  view.strides = {3, 1};
  EXPECT_TRUE(view.contiguous());
  view.strides = {1, 2};
  EXPECT_FALSE(view.contiguous());
  EXPECT_THROW(view.bytes(), SextantError);
  view.shape = {1, 6};
  view.strides = {99, 1};  // the stride of an extent of one is never used
  EXPECT_TRUE(view.contiguous());
}

}  // namespace
}  // namespace sextant
