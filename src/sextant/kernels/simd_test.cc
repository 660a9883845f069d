#include "sextant/kernels/simd.h"

#include <gtest/gtest.h>

namespace sextant::kernels {
namespace {

TEST(Simd, ScopeNarrowsToOneTargetAndBack) {
  const std::vector<SimdTarget> all = simd_targets();
  ASSERT_FALSE(all.empty());
  for (const SimdTarget& target : all) {
    const SimdTargetScope scope(target);
    const std::vector<SimdTarget> now = simd_targets();
    ASSERT_EQ(now.size(), 1u);
    EXPECT_EQ(now[0].name, target.name);
  }
  EXPECT_EQ(simd_targets().size(), all.size());
}

}  // namespace
}  // namespace sextant::kernels
