#include "sextant/kernels/kv_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "sextant/base/half.h"
#include "sextant/base/thread_pool.h"

namespace sextant::kernels {
namespace {

using ::testing::HasSubstr;

// Every element of the cache of position p, head h and dimension d has its own number.
float numbered(int64_t p, int64_t h, int64_t d) {
  return static_cast<float>(p * 100 + h * 10) + static_cast<float>(d) * 0.25f;
}

std::vector<float> rows(int64_t first, int64_t tokens, int64_t heads, int64_t dim, float sign) {
  std::vector<float> out;
  for (int64_t p = first; p < first + tokens; ++p) {
    for (int64_t h = 0; h < heads; ++h) {
      for (int64_t d = 0; d < dim; ++d) {
        out.push_back(sign * numbered(p, h, d));
      }
    }
  }
  return out;
}

void store_numbered(KvCache& cache, int64_t first, int64_t tokens) {
  const int64_t heads = cache.kv_heads();
  const int64_t dim = cache.head_dim();
  cache.store(first, tokens, rows(first, tokens, heads, dim, 1),
              rows(first, tokens, heads, dim, -1));
}

float element(const std::byte* data, DType dtype, int64_t index) {
  return dtype == DType::kF32 ? reinterpret_cast<const float*>(data)[index]
                              : f16_to_f32(reinterpret_cast<const uint16_t*>(data)[index]);
}

// The element where the strides of the header say it is.
float key_at(const KvCache& c, int64_t h, int64_t p, int64_t d) {
  const int64_t tile = 16 * c.head_dim();
  return element(c.keys(h), c.dtype(), p / 16 * tile + d * 16 + p % 16);
}

float value_at(const KvCache& c, int64_t h, int64_t p, int64_t d) {
  return element(c.values(h), c.dtype(), p * c.head_dim() + d);
}

void expect_numbered(const KvCache& c, int64_t positions) {
  for (int64_t h = 0; h < c.kv_heads(); ++h) {
    for (int64_t p = 0; p < positions; ++p) {
      for (int64_t d = 0; d < c.head_dim(); ++d) {
        ASSERT_EQ(key_at(c, h, p, d), numbered(p, h, d)) << h << " " << p << " " << d;
        ASSERT_EQ(value_at(c, h, p, d), -numbered(p, h, d)) << h << " " << p << " " << d;
      }
    }
  }
}

std::string thrown(const std::function<void()>& call) {
  try {
    call();
  } catch (const SextantError& e) {
    return e.what();
  }
  return "";
}

TEST(KvCacheLayout, IsAsDocumentedInBothTypes) {
  for (const DType dtype : {DType::kF32, DType::kF16}) {
    SCOPED_TRACE(to_string(dtype));
    KvCache cache(3, 5, 40, dtype);  // any head_dim may be stored
    // Pieces that begin and end inside of a tile, on its edge, and that span several.
    store_numbered(cache, 0, 1);
    store_numbered(cache, 1, 15);
    store_numbered(cache, 16, 3);
    store_numbered(cache, 19, 21);
    // f16 has 11 bits: numbers up to 4000 in steps of a quarter are not all exact.
    if (dtype == DType::kF32) {
      expect_numbered(cache, 40);
    } else {
      for (int64_t p = 0; p < 40; ++p) {
        EXPECT_EQ(key_at(cache, 2, p, 3), f16_to_f32(f32_to_f16(numbered(p, 2, 3))));
        EXPECT_EQ(value_at(cache, 1, p, 4), f16_to_f32(f32_to_f16(-numbered(p, 1, 4))));
      }
    }
  }
}

TEST(KvCacheLayout, HeadsFollowEachOtherKeysFirst) {
  const KvCache cache(2, 8, 17, DType::kF16);
  const int64_t head = 32 * 8 * 2;  // capacity 32, two bytes
  EXPECT_EQ(cache.keys(1) - cache.keys(0), head);
  EXPECT_EQ(cache.values(0) - cache.keys(0), 2 * head);
  EXPECT_EQ(cache.values(1) - cache.values(0), head);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(cache.keys(0)) % 64, 0u);
}

TEST(KvCacheCapacity, IsRoundedUpToWholeTiles) {
  const std::vector<std::pair<int64_t, int64_t>> cases = {
      {1, 16}, {15, 16}, {16, 16}, {17, 32}, {31, 32}, {32, 32}, {33, 48}, {1000, 1008}};
  for (const auto& [asked, given] : cases) {
    EXPECT_EQ(KvCache(1, 8, asked, DType::kF32).capacity(), given) << asked;
  }
}

TEST(KvCacheCapacity, TheRoundedPartMayBeUsed) {
  KvCache cache(1, 4, 17, DType::kF32);
  store_numbered(cache, 0, 32);
  expect_numbered(cache, 32);
}

TEST(KvCacheF16, RoundsToNearestEvenAndOverflowsToInfinity) {
  KvCache cache(1, 8, 1, DType::kF16);
  const std::vector<float> x = {1.0f + 0x1p-11f,      // half-way: to the even 1
                                1.0f + 3 * 0x1p-11f,  // half-way: to the even 1 + 2^-9
                                1.0f + 0x1.8p-11f,    // above half-way: 1 + 2^-10
                                65519.0f,
                                65520.0f,
                                -1e9f,
                                0x1p-24f,
                                0x1p-26f};
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> expected = {1.0f,     1.0f + 0x1p-9f, 1.0f + 0x1p-10f, 65504.0f,
                                       infinity, -infinity,      0x1p-24f,        0.0f};
  cache.store(0, 1, x, x);
  for (int64_t d = 0; d < 8; ++d) {
    EXPECT_EQ(key_at(cache, 0, 0, d), expected[static_cast<size_t>(d)]) << d;
    EXPECT_EQ(value_at(cache, 0, 0, d), expected[static_cast<size_t>(d)]) << d;
  }
}

TEST(KvCacheStore, AfterACutTouchesNothingBefore) {
  KvCache cache(2, 4, 64, DType::kF32);
  const std::vector<float> old(size_t{50} * 8, 7.5f);
  cache.store(0, 50, old, old);
  store_numbered(cache, 0, 21);  // a conversation that begins anew, shorter
  expect_numbered(cache, 21);
  for (int64_t p = 21; p < 50; ++p) {
    EXPECT_EQ(key_at(cache, 1, p, 3), 7.5f) << p;
    EXPECT_EQ(value_at(cache, 0, p, 0), 7.5f) << p;
  }
  EXPECT_EQ(key_at(cache, 0, 50, 0), 0.0f);
  store_numbered(cache, 21, 43);
  expect_numbered(cache, 64);
}

TEST(KvCacheStore, NoTokensChangeNothing) {
  KvCache cache(1, 4, 16, DType::kF32);
  store_numbered(cache, 0, 16);
  cache.store(16, 0, {}, {});
  expect_numbered(cache, 16);
}

// Positions of one tile from several threads: each writes its own elements only.
TEST(KvCacheStore, ThreadsMayStoreDifferentPositions) {
  ThreadPool pool(4);
  for (int round = 0; round < 10; ++round) {
    KvCache cache(2, 8, 96, DType::kF32);
    pool.for_each_chunk(
        96, 1, [&](int64_t begin, int64_t end, int) { store_numbered(cache, begin, end - begin); });
    expect_numbered(cache, 96);
  }
}

TEST(KvCacheMove, KeepsTheContent) {
  KvCache first(1, 4, 16, DType::kF32);
  store_numbered(first, 0, 16);
  const KvCache second = std::move(first);
  expect_numbered(second, 16);
}

TEST(KvCacheErrors, SayWhatWasAskedAndWhatThereIs) {
  EXPECT_THAT(thrown([] { KvCache(0, 8, 16, DType::kF32); }),
              HasSubstr("0 heads of 8, capacity 16"));
  EXPECT_THAT(thrown([] { KvCache(1, 0, 16, DType::kF32); }), HasSubstr("1 heads of 0"));
  EXPECT_THAT(thrown([] { KvCache(1, 8, 0, DType::kF32); }), HasSubstr("capacity 0"));
  EXPECT_THAT(thrown([] { KvCache(1, 8, 16, DType::kBF16); }), HasSubstr("a cache of BF16"));
  KvCache cache(1, 4, 16, DType::kF32);
  const std::vector<float> row(8);
  EXPECT_THAT(thrown([&] { cache.store(15, 2, row, row); }),
              HasSubstr("positions 15 to 17 in a cache of 16"));
  EXPECT_THAT(thrown([&] { cache.store(-1, 2, row, row); }), HasSubstr("positions -1 to 1"));
  EXPECT_THAT(thrown([&] { cache.store(0, 2, row, std::span(row).first(4)); }),
              HasSubstr("8 keys and 4 values for 8"));
}

TEST(KvCacheErrors, TooLargeForAnyMachineIsResourceExhausted) {
  try {
    const KvCache cache(1024, 128, int64_t{1} << 30, DType::kF32);  // 2^50 bytes
    FAIL() << "reserved 2^50 bytes";
  } catch (const SextantError& e) {
    EXPECT_EQ(e.error().code, ErrorCode::kResourceExhausted);
    EXPECT_THAT(e.error().message, HasSubstr("[kernels/cache] no address space for "));
  }
}

}  // namespace
}  // namespace sextant::kernels
