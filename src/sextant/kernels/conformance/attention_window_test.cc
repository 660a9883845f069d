// Attention where the answer is known: means over windows, a key that takes all the weight, heads
// that must not mix; and the shapes of real models against the oracle.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "sextant/kernels/attention.h"
#include "sextant/kernels/conformance/suite.h"
#include "sextant/kernels/ref/oracle.h"

namespace sextant::kernels {
namespace {

using conformance::for_each_target;
using conformance::random_floats;

// The edges of the blocks of 128 keys and of the tiles of 16.
const std::vector<int64_t> kPositions = {0,   1,   15,  16,  17,  126, 127, 128,
                                         129, 143, 255, 256, 257, 383, 384, 511};
const std::vector<int64_t> kWindows = {0, 1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 1000};

int64_t first_seen(int64_t position, int64_t window) {
  return window > 0 ? std::max<int64_t>(0, position - window + 1) : 0;
}

// A query of zeros gives all keys the same weight: the result is the mean of the values seen.
TEST(AttentionWindow, EqualScoresGiveTheMeanOfTheWindow) {
  KvCache cache(1, 8, 512, DType::kF32);
  const std::vector<float> keys = random_floats(512 * 8, 1);
  std::vector<float> values;
  for (int p = 0; p < 512; ++p) {
    for (int d = 0; d < 8; ++d) {
      values.push_back(static_cast<float>(p + 1000 * d));
    }
  }
  cache.store(0, 512, keys, values);
  const std::vector<float> query(8, 0.0f);
  ThreadPool pool(1);
  for_each_target([&] {
    for (const int64_t position : kPositions) {
      for (const int64_t window : kWindows) {
        std::vector<float> out(8);
        attention(cache, {.query_heads = 1, .window = window}, position, query, out, pool);
        const auto mean = static_cast<double>(first_seen(position, window) + position) / 2;
        for (int d = 0; d < 8; ++d) {
          // Sums of up to 512 whole numbers below 2^24 are exact; the division is not.
          EXPECT_NEAR(out[static_cast<size_t>(d)], mean + 1000 * d, 2e-3)
              << "position " << position << " window " << window;
        }
      }
    }
  });
}

// One key has a score far above the others. Inside the window its value is the answer, just before
// it the key must not be seen at all.
TEST(AttentionWindow, TheEdgeIsExact) {
  ThreadPool pool(1);
  for (const int64_t position : {20, 127, 128, 129, 300, 511}) {
    for (const int64_t window : {1, 16, 17, 20, 128, 129, 200}) {
      const int64_t begin = first_seen(position, window);
      for (const int64_t loud : {begin - 1, begin, position}) {
        if (loud < 0) {
          continue;
        }
        KvCache cache(1, 8, 512, DType::kF32);
        std::vector<float> keys(512 * 8, 0.0f);
        std::vector<float> values(512 * 8, 1.0f);
        std::fill_n(keys.begin() + loud * 8, 8, 100.0f);
        std::fill_n(values.begin() + loud * 8, 8, 5.0f);
        cache.store(0, 512, keys, values);
        const std::vector<float> query(8, 1.0f);
        for_each_target([&] {
          std::vector<float> out(8);
          attention(cache, {.query_heads = 1, .window = window}, position, query, out, pool);
          const float expected = loud >= begin ? 5.0f : 1.0f;
          for (const float v : out) {
            EXPECT_NEAR(v, expected, 1e-6)
                << "position " << position << " window " << window << " key " << loud;
          }
        });
      }
    }
  }
}

// Values are constant in each key-value head, so any mixture within a head gives that constant.
TEST(AttentionHeads, EachGroupReadsItsOwnHead) {
  ThreadPool pool(2);
  for (const int64_t ratio : {1, 3, 8}) {
    const int64_t kv_heads = 3;
    const int64_t heads = kv_heads * ratio;
    KvCache cache(kv_heads, 16, 200, DType::kF16);
    std::vector<float> values;
    for (int64_t p = 0; p < 200; ++p) {
      for (int64_t h = 0; h < kv_heads; ++h) {
        values.insert(values.end(), 16, static_cast<float>(h + 1));
      }
    }
    cache.store(0, 200, random_floats(200 * kv_heads * 16, 2), values);
    const std::vector<float> query = random_floats(5 * heads * 16, 3);
    for_each_target([&] {
      std::vector<float> out(query.size());
      attention(cache, {.query_heads = heads}, 195, query, out, pool);
      for (size_t i = 0; i < out.size(); ++i) {
        const auto head = static_cast<int64_t>(i) / 16 % heads;
        const int64_t kv_head = head / ratio;
        EXPECT_NEAR(out[i], static_cast<float>(kv_head + 1), 2e-6) << "head " << head;
      }
    });
  }
}

TEST(AttentionHeads, EveryWidthAndRatioMatchesTheOracle) {
  ThreadPool pool(2);
  for (int64_t dim = 8; dim <= 128; dim += 8) {
    for (const int64_t ratio : {1, 3, 8}) {
      // A short and a long context, the tokens across a block of keys.
      for (const int64_t first : {0, 125, 1020}) {
        const int64_t tokens = 6;
        const int64_t window = dim % 16 == 0 ? 0 : 131;
        const int64_t heads = 2 * ratio;
        const int64_t length = first + tokens;
        const auto seed = static_cast<uint32_t>(dim * 100 + ratio);
        const std::vector<float> query = random_floats(tokens * heads * dim, seed);
        const std::vector<float> keys = random_floats(length * 2 * dim, seed + 1);
        const std::vector<float> values = random_floats(length * 2 * dim, seed + 2);
        KvCache cache(2, dim, length, DType::kF32);
        cache.store(0, length, keys, values);
        std::vector<float> out(query.size());
        attention(cache, {.query_heads = heads, .window = window}, first, query, out, pool);
        const std::vector<double> exact =
            ref::attention({.query_heads = heads,
                            .kv_heads = 2,
                            .head_dim = dim,
                            .first = first,
                            .tokens = tokens,
                            .window = window,
                            .scale = 1.0 / std::sqrt(static_cast<double>(dim)),
                            .query = query,
                            .keys = keys,
                            .values = values});
        for (size_t i = 0; i < out.size(); ++i) {
          // As in attention_test.cc: errors of the scores, times values below 3.5.
          ASSERT_NEAR(out[i], exact[i], static_cast<double>(dim) * 0x1p-24 * 3.5)
              << "head_dim " << dim << " ratio " << ratio << " first " << first;
        }
      }
    }
  }
}

// A score that grows with the position makes the running maximum rise in every block.
TEST(AttentionHeads, RisingAndFallingScoresOverManyBlocks) {
  ThreadPool pool(1);
  for (const float slope : {0.5f, -0.5f}) {
    const int64_t length = 700;
    KvCache cache(1, 8, length, DType::kF32);
    std::vector<float> keys(static_cast<size_t>(length) * 8, 0.0f);
    for (size_t p = 0; p < static_cast<size_t>(length); ++p) {
      keys[p * 8] = slope * static_cast<float>(p);
    }
    const std::vector<float> values = random_floats(length * 8, 7);
    cache.store(0, length, keys, values);
    std::vector<float> query(8, 0.0f);
    query[0] = 1.0f;
    const std::vector<double> exact = ref::attention({.query_heads = 1,
                                                      .kv_heads = 1,
                                                      .head_dim = 8,
                                                      .first = length - 1,
                                                      .tokens = 1,
                                                      .window = 0,
                                                      .scale = 1.0,
                                                      .query = query,
                                                      .keys = keys,
                                                      .values = values});
    for_each_target([&] {
      std::vector<float> out(8);
      attention(cache, {.query_heads = 1, .scale = 1.0f}, length - 1, query, out, pool);
      for (size_t d = 0; d < 8; ++d) {
        EXPECT_NEAR(out[d], exact[d], 1e-5) << slope;  // scores up to 350: 350 * 2^-24 = 2e-5
      }
    });
  }
}

}  // namespace
}  // namespace sextant::kernels
