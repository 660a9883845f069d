#include "sextant/base/bandwidth.h"

#include <gtest/gtest.h>

namespace sextant {
namespace {

TEST(Bandwidth, IsThatOfAMachine) {
  ThreadPool pool(2);
  const double speed = measure_read_bandwidth(pool, size_t{32} << 20, 2);
  // From a slow emulated machine to caches of a fast one.
  EXPECT_GT(speed, 1e8);
  EXPECT_LT(speed, 1e13);
}

}  // namespace
}  // namespace sextant
