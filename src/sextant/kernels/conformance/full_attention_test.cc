// Attention without order, as encoders have it.
#include <gtest/gtest.h>

#include <cmath>

#include "sextant/kernels/attention.h"
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
  int64_t keys;
  int64_t tokens;
};

struct Problem {
  explicit Problem(const Case& given)
      : shape(given),
        cache(shape.kv_heads, shape.head_dim, shape.keys, DType::kF32),
        query(random_floats(shape.tokens * shape.query_heads * shape.head_dim, 1)),
        keys(random_floats(shape.keys * shape.kv_heads * shape.head_dim, 2)),
        values(random_floats(static_cast<int64_t>(keys.size()), 3)) {
    cache.store(0, shape.keys, keys, values);
  }

  std::vector<float> run(ThreadPool& pool) const {
    std::vector<float> out(query.size());
    full_attention(cache, {.query_heads = shape.query_heads}, shape.keys, query, out, pool);
    return out;
  }

  Case shape;
  KvCache cache;
  std::vector<float> query;
  std::vector<float> keys;
  std::vector<float> values;
};

const std::vector<Case> kCases = {
    {1, 1, 8, 1, 1},    {12, 12, 32, 20, 20}, {12, 12, 32, 128, 128}, {4, 4, 64, 129, 129},
    {4, 2, 24, 17, 33}, {2, 1, 40, 300, 5},   {3, 3, 8, 1, 37}};

// The same bound as for causal attention, for the same reason.
TEST(FullAttention, MatchesTheOracle) {
  ThreadPool pool(2);
  for_each_target([&] {
    for (const Case& shape : kCases) {
      const Problem problem(shape);
      const std::vector<float> out = problem.run(pool);
      const std::vector<double> exact =
          ref::attention({.query_heads = shape.query_heads,
                          .kv_heads = shape.kv_heads,
                          .head_dim = shape.head_dim,
                          .tokens = shape.tokens,
                          .seen = shape.keys,
                          .scale = 1.0 / std::sqrt(static_cast<double>(shape.head_dim)),
                          .query = problem.query,
                          .keys = problem.keys,
                          .values = problem.values});
      for (size_t i = 0; i < out.size(); ++i) {
        ASSERT_NEAR(out[i], exact[i], static_cast<double>(shape.head_dim) * 0x1p-24 * 3.5)
            << "keys " << shape.keys << " tokens " << shape.tokens << " at " << i;
      }
    }
  });
}

// Bit-equal for any number of threads and for tokens one by one.
TEST(FullAttention, DependsNeitherOnThreadsNorOnTheBatch) {
  ThreadPool one(1);
  ThreadPool three(3);
  for_each_target([&] {
    for (const Case& shape : kCases) {
      const Problem problem(shape);
      const std::vector<float> all = problem.run(one);
      EXPECT_EQ(all, problem.run(three));
      const auto row = static_cast<size_t>(shape.query_heads * shape.head_dim);
      std::vector<float> single(row);
      for (size_t t = 0; t < static_cast<size_t>(shape.tokens); ++t) {
        full_attention(problem.cache, {.query_heads = shape.query_heads}, shape.keys,
                       std::span(problem.query).subspan(t * row, row), single, one);
        ASSERT_TRUE(std::equal(single.begin(), single.end(), all.data() + t * row)) << t;
      }
    }
  });
}

TEST(FullAttention, LeavesOutWhatLiesBehindTheKeys) {
  ThreadPool pool(1);
  const Problem longer({2, 2, 16, 40, 4});
  std::vector<float> out(longer.query.size());
  full_attention(longer.cache, {.query_heads = 2}, 9, longer.query, out, pool);
  KvCache shorter(2, 16, 9, DType::kF32);
  shorter.store(0, 9, std::span(longer.keys).first(9 * 32), std::span(longer.values).first(9 * 32));
  std::vector<float> expected(out.size());
  full_attention(shorter, {.query_heads = 2}, 9, longer.query, expected, pool);
  EXPECT_EQ(out, expected);
}

TEST(FullAttention, RefusesWhatItCannotSee) {
  ThreadPool pool(1);
  const KvCache cache(1, 8, 16, DType::kF32);
  std::vector<float> query(8);
  EXPECT_THROW(full_attention(cache, {.query_heads = 1}, 0, query, query, pool), SextantError);
  EXPECT_THROW(full_attention(cache, {.query_heads = 1}, 17, query, query, pool), SextantError);
  EXPECT_THROW(full_attention(cache, {.query_heads = 1, .window = 4}, 8, query, query, pool),
               SextantError);
}

}  // namespace
}  // namespace sextant::kernels
