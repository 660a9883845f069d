#include "sextant/kernels/weight_arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace sextant::kernels {
namespace {

TEST(WeightArena, CutsAlignedMemoryThatOutlivesIt) {
  std::shared_ptr<std::byte> a;
  std::shared_ptr<std::byte> b;
  std::shared_ptr<std::byte> large;
  {
    WeightArena arena;
    a = value_or_throw(arena.allocate(100));
    b = value_or_throw(arena.allocate(1));
    large = value_or_throw(arena.allocate(size_t{80} << 20));
  }
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a.get()) % 64, 0u);
  EXPECT_EQ(b.get() - a.get(), 128);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(large.get()) % 64, 0u);
  std::memset(a.get(), 1, 100);
  std::memset(large.get(), 2, size_t{80} << 20);
  a.reset();
  EXPECT_EQ(std::to_integer<int>(*b), 0);
}

// A matrix without an arena must not take a huge page for a few bytes.
TEST(WeightArena, MapsSingleAllocationsAlone) {
  WeightArena arena(0);
  const auto a = value_or_throw(arena.allocate(100));
  const auto b = value_or_throw(arena.allocate(100));
  EXPECT_GE(std::abs(b.get() - a.get()), ptrdiff_t{2} << 20);
  std::memset(a.get(), 1, 100);
  EXPECT_EQ(std::to_integer<int>(*b), 0);
}

TEST(WeightArena, SaysWhenMemoryIsNotToBeHad) {
  WeightArena arena;
  const auto impossible = arena.allocate(std::numeric_limits<size_t>::max() / 2);
  ASSERT_FALSE(impossible);
  EXPECT_EQ(impossible.error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace sextant::kernels
