#include "sextant/base/checked.h"

#include <gtest/gtest.h>
#include <limits>

namespace sextant {
namespace {

constexpr auto kMax64 = std::numeric_limits<int64_t>::max();
constexpr auto kMin64 = std::numeric_limits<int64_t>::min();

TEST(Checked, MultiplicationReportsOverflow) {
  EXPECT_EQ(checked_mul<int64_t>(kMax64 / 2, 2), kMax64 - 1);
  EXPECT_EQ(checked_mul<int64_t>(kMax64 / 2 + 1, 2), std::nullopt);
  EXPECT_EQ(checked_mul<int64_t>(kMin64, -1), std::nullopt);
  EXPECT_EQ(checked_mul<uint64_t>(uint64_t{1} << 32, (uint64_t{1} << 32) - 1),
            ((uint64_t{1} << 32) - 1) << 32);
  EXPECT_EQ(checked_mul<uint64_t>(uint64_t{1} << 32, uint64_t{1} << 32), std::nullopt);
  EXPECT_EQ(checked_mul<size_t>(0, std::numeric_limits<size_t>::max()), size_t{0});
  EXPECT_EQ(checked_mul<uint8_t>(16, 16), std::nullopt);
}

TEST(Checked, AdditionReportsOverflow) {
  EXPECT_EQ(checked_add<int64_t>(kMax64 - 1, 1), kMax64);
  EXPECT_EQ(checked_add<int64_t>(kMax64, 1), std::nullopt);
  EXPECT_EQ(checked_add<int64_t>(kMin64, -1), std::nullopt);
  EXPECT_EQ(checked_add<uint32_t>(0xffffffffu, 1), std::nullopt);
}

TEST(Checked, CastThrowsWhereTheValueDoesNotFit) {
  EXPECT_EQ(checked_cast<uint8_t>(255), 255);
  EXPECT_THROW(checked_cast<uint8_t>(256), SextantError);
  EXPECT_THROW(checked_cast<uint64_t>(-1), SextantError);
  EXPECT_EQ(checked_cast<int64_t>(uint64_t{5}), 5);
  EXPECT_THROW(checked_cast<int64_t>(std::numeric_limits<uint64_t>::max()), SextantError);
}

}  // namespace
}  // namespace sextant
