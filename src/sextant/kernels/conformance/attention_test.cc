#include "sextant/kernels/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sextant/base/half.h"
#include "sextant/kernels/conformance/suite.h"
#include "sextant/kernels/ref/oracle.h"

namespace sextant::kernels {
namespace {

using conformance::for_each_target;
using conformance::random_floats;

struct Case {
  int64_t query_heads;
  int64_t kv_heads;
  int64_t head_dim;
  int64_t first;
  int64_t tokens;
  int64_t window;
};

// Random tensors of a case, with keys and values as the cache holds them.
struct Problem {
  Problem(const Case& given, DType dtype)
      : shape(given),
        cache(shape.kv_heads, shape.head_dim, shape.first + shape.tokens, dtype),
        query(random_floats(shape.tokens * shape.query_heads * shape.head_dim, 1)),
        keys(random_floats((shape.first + shape.tokens) * shape.kv_heads * shape.head_dim, 2)),
        values(random_floats(static_cast<int64_t>(keys.size()), 3)) {
    cache.store(0, shape.first + shape.tokens, keys, values);
    if (dtype == DType::kF16) {
      for (float& v : keys) {
        v = f16_to_f32(f32_to_f16(v));
      }
      for (float& v : values) {
        v = f16_to_f32(f32_to_f16(v));
      }
    }
  }

  std::vector<float> run(ThreadPool& pool) const {
    std::vector<float> out(query.size());
    attention(cache, {.query_heads = shape.query_heads, .window = shape.window}, shape.first, query,
              out, pool);
    return out;
  }

  std::vector<double> exact() const {
    return ref::attention({.query_heads = shape.query_heads,
                           .kv_heads = shape.kv_heads,
                           .head_dim = shape.head_dim,
                           .first = shape.first,
                           .tokens = shape.tokens,
                           .window = shape.window,
                           .scale = 1.0 / std::sqrt(static_cast<double>(shape.head_dim)),
                           .query = query,
                           .keys = keys,
                           .values = values});
  }

  Case shape;
  KvCache cache;
  std::vector<float> query;
  std::vector<float> keys;
  std::vector<float> values;
};

const std::vector<Case> kCases = {
    {1, 1, 8, 0, 1, 0},      {9, 3, 64, 0, 1, 0},     {9, 3, 64, 200, 1, 0},
    {9, 3, 64, 0, 37, 0},    {4, 4, 72, 130, 3, 0},   {8, 2, 40, 127, 2, 0},
    {32, 1, 16, 5, 21, 0},   {6, 2, 128, 300, 19, 0}, {9, 3, 64, 300, 1, 128},
    {4, 2, 32, 0, 150, 16},  {4, 2, 32, 250, 33, 1},  {2, 2, 24, 120, 20, 129},
    {14, 2, 64, 0, 9, 1000},
};

// A score is a sum of head_dim products of about unit size, so its error is of the order of
// head_dim * 2^-24 in the worst case, and so is the relative error of a weight; values are below
// 3.5. Measured: below 3e-6.
TEST(Attention, MatchesTheOracle) {
  ThreadPool pool(2);
  for_each_target([&] {
    for (const Case& shape : kCases) {
      for (const DType dtype : {DType::kF32, DType::kF16}) {
        const Problem problem(shape, dtype);
        const std::vector<float> out = problem.run(pool);
        const std::vector<double> exact = problem.exact();
        for (size_t i = 0; i < out.size(); ++i) {
          ASSERT_NEAR(out[i], exact[i], static_cast<double>(shape.head_dim) * 0x1p-24 * 3.5)
              << to_string(dtype) << " heads " << shape.query_heads << " first " << shape.first
              << " tokens " << shape.tokens << " window " << shape.window << " at " << i;
        }
      }
    }
  });
}

// Bit-equal for any number of threads and for tokens one by one.
TEST(Attention, DependsNeitherOnThreadsNorOnTheBatch) {
  ThreadPool one(1);
  ThreadPool three(3);
  for_each_target([&] {
    for (const Case& shape : kCases) {
      const Problem problem(shape, DType::kF16);
      const std::vector<float> all = problem.run(one);
      EXPECT_EQ(all, problem.run(three));
      const auto row = static_cast<size_t>(shape.query_heads * shape.head_dim);
      std::vector<float> single(row);
      for (int64_t t = 0; t < shape.tokens; ++t) {
        const auto at = static_cast<size_t>(t) * row;
        attention(problem.cache, {.query_heads = shape.query_heads, .window = shape.window},
                  shape.first + t, std::span(problem.query).subspan(at, row), single, one);
        ASSERT_TRUE(std::equal(single.begin(), single.end(), all.data() + at)) << "token " << t;
      }
    }
  });
}

// Positions after a token's own are never read as numbers that count.
TEST(Attention, IgnoresWhatIsLeftOfALongerConversation) {
  ThreadPool pool(1);
  const Case shape{4, 2, 16, 0, 40, 0};
  const Problem problem(shape, DType::kF32);
  const std::vector<float> all = problem.run(pool);
  std::vector<float> again(11 * 64);
  attention(problem.cache, {.query_heads = 4}, 0, std::span(problem.query).first(11 * 64), again,
            pool);
  EXPECT_TRUE(std::equal(again.begin(), again.end(), all.begin()));
}

TEST(Attention, ScalesAsToldAndSurvivesLargeScores) {
  ThreadPool pool(1);
  Problem problem({1, 1, 8, 63, 1, 0}, DType::kF32);
  std::vector<float> out(8);
  for_each_target([&] {
    attention(problem.cache, {.query_heads = 1, .scale = 1e4f}, 63, problem.query, out, pool);
    // The largest score takes all the weight.
    double best = -1e30;
    size_t winner = 0;
    for (size_t p = 0; p < 64; ++p) {
      double score = 0;
      for (size_t d = 0; d < 8; ++d) {
        score +=
            static_cast<double>(problem.query[d]) * static_cast<double>(problem.keys[p * 8 + d]);
      }
      if (score > best) {
        best = score;
        winner = p;
      }
    }
    for (size_t d = 0; d < 8; ++d) {
      EXPECT_NEAR(out[d], problem.values[winner * 8 + d], 1e-5);
    }
  });
}

TEST(Attention, RefusesPositionsBeyondTheCache) {
  ThreadPool pool(1);
  const KvCache cache(1, 8, 16, DType::kF32);
  std::vector<float> query(2 * 8);
  EXPECT_THROW(attention(cache, {.query_heads = 1}, 15, query, query, pool), SextantError);
  EXPECT_THROW(attention(cache, {.query_heads = 0}, 0, query, query, pool), SextantError);
}

TEST(KvCache, ReplacesPositionsAndReportsItsLayout) {
  KvCache cache(2, 8, 20, DType::kF32);
  EXPECT_EQ(cache.capacity(), 32);
  const std::vector<float> old(4 * 16, 1.0f);
  cache.store(17, 3, std::span(old).first(48), std::span(old).first(48));
  std::vector<float> keys(16);
  for (size_t i = 0; i < 16; ++i) {
    keys[i] = static_cast<float>(i);
  }
  cache.store(18, 1, keys, keys);
  const auto* key = reinterpret_cast<const float*>(cache.keys(1));
  const auto* value = reinterpret_cast<const float*>(cache.values(1));
  for (int64_t d = 0; d < 8; ++d) {
    EXPECT_EQ(key[(1 * 8 + d) * 16 + 2], static_cast<float>(8 + d));  // position 18
    EXPECT_EQ(key[(1 * 8 + d) * 16 + 1], 1.0f);                       // position 17
    EXPECT_EQ(value[18 * 8 + d], static_cast<float>(8 + d));
  }
  EXPECT_THROW(cache.store(30, 3, old, old), SextantError);
  EXPECT_THROW(cache.store(0, 3, old, old), SextantError);
}

TEST(KvCache, BecomesResidentOnlyWhereWritten) {
  // 64 GB of addresses: more than most machines have.
  const KvCache cache(8, 128, int64_t{1} << 23, DType::kF32);
  EXPECT_EQ(*reinterpret_cast<const float*>(cache.values(7)), 0.0f);
}

}  // namespace
}  // namespace sextant::kernels
