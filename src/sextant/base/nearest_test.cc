#include "sextant/base/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace sextant {
namespace {

TEST(Nearest, DistanceCountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, FindsTheClosestNameOrNothing) {
  const std::vector<std::string> names = {"--model", "--threads", "--seed"};
  EXPECT_EQ(nearest_name("--modle", names), "--model");
  EXPECT_EQ(nearest_name("--thread", names), "--threads");
  EXPECT_EQ(nearest_name("xyz", names), std::nullopt);
  EXPECT_EQ(nearest_name("--model", std::vector<std::string>{}), std::nullopt);
}

}  // namespace
}  // namespace sextant
