#include "sextant/base/human.h"

#include <gtest/gtest.h>
#include <limits>

namespace sextant {
namespace {

TEST(Human, DurationsHaveTwoUnitsAtMost) {
  EXPECT_EQ(human_duration(0), "0.0s");
  EXPECT_EQ(human_duration(-1), "0.0s");
  EXPECT_EQ(human_duration(9.94), "9.9s");
  EXPECT_EQ(human_duration(9.96), "10s");
  EXPECT_EQ(human_duration(59.6), "1m 00s");
  EXPECT_EQ(human_duration(65), "1m 05s");
  EXPECT_EQ(human_duration(7380), "2h 03m");
  EXPECT_EQ(human_duration(3 * 86400 + 4 * 3600), "3d 04h");
  EXPECT_EQ(human_duration(std::numeric_limits<double>::infinity()), "11574074d 01h");
  EXPECT_EQ(human_duration(std::numeric_limits<double>::quiet_NaN()), "nans");
}

TEST(Human, BytesKeepThreeDigits) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 KB");
  EXPECT_EQ(human_bytes(98'500'000), "98.5 MB");
  EXPECT_EQ(human_bytes(134'515'008), "135 MB");
  EXPECT_EQ(human_bytes(999'600'000), "1.0 GB");
  EXPECT_EQ(human_bytes(std::numeric_limits<uint64_t>::max()), "18.4 EB");
}

TEST(Human, CountsHaveThousandsSeparators) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1,000");
  EXPECT_EQ(human_count(1234567), "1,234,567");
  EXPECT_EQ(human_count(-123456), "-123,456");
  EXPECT_EQ(human_count(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

}  // namespace
}  // namespace sextant
