#include "sextant/train/sample_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::train {
namespace {

std::vector<int64_t> epoch_of(const SampleOrder& order, int64_t epoch) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < order.size(); ++i) {
    out.push_back(order.index(epoch, i));
  }
  return out;
}

double chi_square(const std::vector<int>& counts, double expected) {
  double sum = 0;
  for (const int count : counts) {
    sum += std::pow(count - expected, 2) / expected;
  }
  return sum;
}

TEST(SampleOrder, EveryEpochIsAPermutation) {
  for (const int64_t size : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4096, 67349}) {
    const SampleOrder order(size, 42, true);
    for (const int64_t epoch : {0, 1, 1000000}) {
      std::vector<bool> seen(static_cast<size_t>(size));
      for (int64_t i = 0; i < size; ++i) {
        const int64_t index = order.index(epoch, i);
        ASSERT_TRUE(index >= 0 && index < size);
        ASSERT_FALSE(seen[static_cast<size_t>(index)]) << size << " " << epoch << " " << i;
        seen[static_cast<size_t>(index)] = true;
      }
    }
  }
}

TEST(SampleOrder, DependsOnSeedAndEpoch) {
  const std::vector<int64_t> first = epoch_of(SampleOrder(1000, 1, true), 0);
  EXPECT_EQ(first, epoch_of(SampleOrder(1000, 1, true), 0));
  EXPECT_NE(first, epoch_of(SampleOrder(1000, 2, true), 0));
  EXPECT_NE(first, epoch_of(SampleOrder(1000, 1, true), 1));
  // High words count as well.
  EXPECT_NE(first, epoch_of(SampleOrder(1000, 1 + (uint64_t{1} << 32), true), 0));
  EXPECT_NE(first, epoch_of(SampleOrder(1000, 1, true), int64_t{1} << 32));
}

// A stored run resumes only where this holds for ever.
TEST(SampleOrder, Golden) {
  EXPECT_THAT(epoch_of(SampleOrder(10, 2024, true), 0),
              testing::ElementsAre(8, 0, 9, 3, 4, 5, 7, 2, 1, 6));
  EXPECT_THAT(epoch_of(SampleOrder(10, 2024, true), 1),
              testing::ElementsAre(6, 4, 8, 7, 0, 1, 2, 5, 3, 9));
  EXPECT_EQ(SampleOrder(60000, 7, true).index(3, 59999), 55790);
  EXPECT_EQ(SampleOrder(60000, 7, true).sample_seed(3, 59999), 4308802803783639484U);
}

TEST(SampleOrder, WithoutShuffleIsTheFilesOrder) {
  EXPECT_THAT(epoch_of(SampleOrder(4, 9, false), 5), testing::ElementsAre(0, 1, 2, 3));
}

// Of few samples all orders must come up, and evenly.
TEST(SampleOrder, SmallSetsReachAllOrdersEvenly) {
  for (const auto& [size, orders, limit] :
       {std::tuple{3, 6, 20.5}, std::tuple{4, 24, 49.7}, std::tuple{5, 120, 173.6}}) {
    std::map<std::vector<int64_t>, int> counts;
    const SampleOrder order(size, 5, true);
    constexpr int kEach = 200;
    for (int64_t epoch = 0; epoch < kEach * orders; ++epoch) {
      ++counts[epoch_of(order, epoch)];
    }
    ASSERT_EQ(counts.size(), static_cast<size_t>(orders)) << size;
    std::vector<int> values;
    for (const auto& [key, count] : counts) {
      values.push_back(count);
    }
    EXPECT_LT(chi_square(values, kEach), limit) << size;  // above lies 0.1 %
  }
}

// Over epochs each sample is as likely at each position, the borders included.
TEST(SampleOrder, PositionsAreUniform) {
  const SampleOrder order(100, 11, true);
  for (const int64_t position : {0, 1, 50, 99}) {
    std::vector<int> counts(100);
    for (int64_t epoch = 0; epoch < 20000; ++epoch) {
      ++counts[static_cast<size_t>(order.index(epoch, position))];
    }
    EXPECT_LT(chi_square(counts, 200), 148.3) << position;  // 99 degrees of freedom, 0.1 %
  }
}

TEST(SampleOrder, NeighboursAreFarApart) {
  const SampleOrder order(10000, 3, true);
  double sum = 0;
  for (int64_t i = 1; i < order.size(); ++i) {
    sum += std::abs(static_cast<double>(order.index(0, i) - order.index(0, i - 1)));
  }
  EXPECT_NEAR(sum / 9999, 10000 / 3.0, 100);  // the mean distance of two random places
}

TEST(SampleOrder, SampleSeedsDiffer) {
  const SampleOrder order(100, 1, true);
  std::set<uint64_t> seeds;
  for (int64_t epoch = 0; epoch < 100; ++epoch) {
    for (int64_t index = 0; index < 100; ++index) {
      seeds.insert(order.sample_seed(epoch, index));
    }
  }
  EXPECT_EQ(seeds.size(), 10000U);
}

TEST(SampleOrder, RefusesPositionsThatAreNotThere) {
  EXPECT_THROW(SampleOrder(-1, 0, true), SextantError);
  EXPECT_THROW(SampleOrder(3, 0, true).index(0, 3), SextantError);
  EXPECT_THROW(SampleOrder(3, 0, false).index(0, -1), SextantError);
  EXPECT_THROW(SampleOrder(0, 0, true).index(0, 0), SextantError);
}

TEST(SampleOrder, HandlesHugeSets) {
  const int64_t size = (int64_t{1} << 40) + 3;
  const SampleOrder order(size, 1, true);
  std::set<int64_t> seen;
  for (int64_t i = 0; i < 1000; ++i) {
    const int64_t index = order.index(0, size - 1 - i);
    EXPECT_TRUE(index >= 0 && index < size);
    seen.insert(index);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace sextant::train
