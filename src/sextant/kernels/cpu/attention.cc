#include "sextant/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/attention.cc"
#include "hwy/foreach_target.h"
#include "sextant/base/error.h"
#include "sextant/kernels/cpu/attention_job.h"
#include "sextant/kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

// Rows (a query head of a token each) in registers at once: with two sums each they fill half of
// 32 or of 16 vector registers.
constexpr int kMaxRows = HWY_TARGET <= HWY_AVX3 ? 8 : 4;

template <class T, class D>
HWY_INLINE hn::Vec<D> load_as_float(D d, const T* in) {
  if constexpr (sizeof(T) == 4) {
    return hn::LoadU(d, in);
  } else {
    const hn::Rebind<hwy::float16_t, D> half;
    return hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(in)));
  }
}

// scores[r][key] = sum over d of query[d][r] * key[d], for `tiles` tiles of 16 keys. Even and odd
// d are summed apart, to halve the chain of additions of a single row.
template <class T, int kRows>
void score_keys(const AttentionJob& job, const T* keys, int64_t tiles, const float* query,
                float* scores) {
  const int64_t dim = job.head_dim;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < KvCache::kKeyTile; lane += kLanes) {
      const T* key = keys + tile * KvCache::kKeyTile * dim + lane;
      const float* q = query;
      VF even[kRows];
      VF odd[kRows];
      unroll<kRows>([&](auto r) SEXTANT_LAMBDA { even[r] = odd[r] = hn::Zero(DF()); });
      for (int64_t d = 0; d < dim; d += 2) {
        const VF k0 = load_as_float(DF(), key);
        const VF k1 = load_as_float(DF(), key + KvCache::kKeyTile);
        unroll<kRows>([&](auto r) SEXTANT_LAMBDA {
          even[r] = hn::MulAdd(broadcast(q + r), k0, even[r]);
          odd[r] = hn::MulAdd(broadcast(q + kRows + r), k1, odd[r]);
        });
        key += 2 * KvCache::kKeyTile;
        q += 2 * kRows;
      }
      float* out = scores + tile * KvCache::kKeyTile + lane;
      unroll<kRows>([&](auto r) SEXTANT_LAMBDA {
        hn::StoreU(hn::Add(even[r], odd[r]), DF(), out + r * kKeyBlock);
      });
    }
  }
}

// Turns the scores of one row into exponentials relative to the running maximum, and returns the
// factor by which earlier sums shrink. Keys outside [begin, end) count nothing.
HWY_INLINE float exponentiate(float* scores, int64_t begin, int64_t end, int64_t count, float& most,
                              float& sum) {
  if (begin >= end) {
    std::fill(scores, scores + count, 0.0f);
    return 1.0f;
  }
  constexpr float kNothing = -std::numeric_limits<float>::infinity();
  std::fill(scores, scores + begin, kNothing);
  std::fill(scores + end, scores + count, kNothing);
  VF largest = hn::Set(DF(), most);
  for (int64_t i = 0; i < count; i += kLanes) {
    largest = hn::Max(largest, hn::LoadU(DF(), scores + i));
  }
  largest = hn::MaxOfLanes(DF(), largest);
  VF total = hn::Zero(DF());
  for (int64_t i = 0; i < count; i += kLanes) {
    const VF e = exp_lanes(hn::Sub(hn::LoadU(DF(), scores + i), largest));
    total = hn::Add(total, e);
    hn::StoreU(e, DF(), scores + i);
  }
  const float factor = hn::GetLane(exp_lanes(hn::Sub(hn::Set(DF(), most), largest)));
  most = hn::GetLane(largest);
  sum = sum * factor + hn::GetLane(hn::SumOfLanes(DF(), total));
  return factor;
}

// sums[r][d] = sums[r][d] * factor[r] + sum over keys of weight[r][key] * value[key][d], for
// kVectors vectors of d.
template <class D, int kVectors, class T, int kRows>
HWY_INLINE void add_values(const AttentionJob& job, const T* values, int64_t keys,
                           const float* weights, const float* factor, float* sums) {
  const D d;
  using V = hn::Vec<D>;
  constexpr int kN = static_cast<int>(hn::MaxLanes(D()));
  V part[kRows][kVectors];
  unroll<kRows>([&](auto r) SEXTANT_LAMBDA {
    unroll<kVectors>([&](auto v) SEXTANT_LAMBDA { part[r][v] = hn::Zero(d); });
  });
  for (int64_t key = 0; key < keys; ++key) {
    V value[kVectors];
    unroll<kVectors>([&](auto v) SEXTANT_LAMBDA { value[v] = load_as_float(d, values + v * kN); });
    unroll<kRows>([&](auto r) SEXTANT_LAMBDA {
      const V weight = hn::Set(d, weights[r * kKeyBlock + key]);
      unroll<kVectors>(
          [&](auto v) SEXTANT_LAMBDA { part[r][v] = hn::MulAdd(weight, value[v], part[r][v]); });
    });
    values += job.head_dim;
  }
  unroll<kRows>([&](auto r) SEXTANT_LAMBDA {
    unroll<kVectors>([&](auto v) SEXTANT_LAMBDA {
      float* sum = sums + r * job.head_dim + v * kN;
      hn::StoreU(hn::MulAdd(hn::LoadU(d, sum), hn::Set(d, factor[r]), part[r][v]), d, sum);
    });
  });
}

template <class T, int kRows>
void add_all_values(const AttentionJob& job, const T* values, int64_t keys, const float* weights,
                    const float* factor, float* sums) {
  using Narrow = hn::CappedTag<float, 8>;
  constexpr int64_t kNarrow = HWY_MIN(kLanes, 8);
  int64_t at = 0;
  for (; at + 2 * kLanes <= job.head_dim; at += 2 * kLanes) {
    add_values<DF, 2, T, kRows>(job, values + at, keys, weights, factor, sums + at);
  }
  for (; at < job.head_dim; at += kNarrow) {
    add_values<Narrow, 1, T, kRows>(job, values + at, keys, weights, factor, sums + at);
  }
}

// One block of keys for kRows rows from `row` on.
template <class T, int kRows>
void attend_rows(const AttentionJob& job, int64_t row, int64_t block) {
  const int64_t dim = job.head_dim;
  const int64_t start = block * kKeyBlock;
  const int64_t first = job.key_begin(row);
  const int64_t last = job.key_end(row + kRows - 1);
  if (last <= start || first >= start + kKeyBlock) {
    return;
  }
  const int64_t keys = std::min(last - start, kKeyBlock);
  const int64_t tiles = (keys + KvCache::kKeyTile - 1) / KvCache::kKeyTile;
  alignas(64) float scores[kRows * kKeyBlock];
  score_keys<T, kRows>(job, reinterpret_cast<const T*>(job.keys) + start * dim, tiles,
                       job.query + row * dim, scores);
  float factor[kRows];
  for (int r = 0; r < kRows; ++r) {
    const int64_t begin = std::max<int64_t>(job.key_begin(row + r) - start, 0);
    const int64_t end = std::min(job.key_end(row + r) - start, keys);
    factor[r] = exponentiate(scores + r * kKeyBlock, begin, end, tiles * KvCache::kKeyTile,
                             job.most[row + r], job.total[row + r]);
  }
  add_all_values<T, kRows>(job, reinterpret_cast<const T*>(job.values) + start * dim, keys, scores,
                           factor, job.sums + row * dim);
}

// query[rows][dim] of a group of rows to [dim][rows], scaled.
HWY_INLINE void pack_query(const AttentionJob& job, int64_t row, int rows) {
  for (int r = 0; r < rows; ++r) {
    const float* in = job.source(row + r);
    for (int64_t d = 0; d < job.head_dim; ++d) {
      job.query[row * job.head_dim + d * rows + r] = in[d] * job.scale;
    }
  }
}

// Rows of the next group when `left` remain.
HWY_INLINE int group_rows(int64_t left) {
  return left >= kMaxRows ? kMaxRows : left >= 4 ? 4 : static_cast<int>(left);
}

template <class T>
void attend_group(const AttentionJob& job, int64_t row, int rows, int64_t block) {
  if (rows == 8) {
    attend_rows<T, kMaxRows>(job, row, block);  // groups of 8 exist where kMaxRows is 8
  } else if (rows == 4) {
    attend_rows<T, 4>(job, row, block);
  } else if (rows == 3) {
    attend_rows<T, 3>(job, row, block);
  } else if (rows == 2) {
    attend_rows<T, 2>(job, row, block);
  } else {
    attend_rows<T, 1>(job, row, block);
  }
}

template <class T>
void attend_all(const AttentionJob& job) {
  for (int64_t row = 0; row < job.rows;) {
    const int rows = group_rows(job.rows - row);
    pack_query(job, row, rows);
    row += rows;
  }
  const int64_t blocks = (job.key_end(job.rows - 1) + kKeyBlock - 1) / kKeyBlock;
  for (int64_t block = job.key_begin(0) / kKeyBlock; block < blocks; ++block) {
    for (int64_t row = 0; row < job.rows;) {
      const int rows = group_rows(job.rows - row);
      attend_group<T>(job, row, rows, block);
      row += rows;
    }
  }
  for (int64_t row = 0; row < job.rows; ++row) {
    const VF factor = hn::Set(DF(), 1.0f / job.total[row]);
    map_lanes(static_cast<size_t>(job.head_dim), job.sums + row * job.head_dim, job.target(row),
              0.0f, [&](VF v) SEXTANT_LAMBDA { return hn::Mul(v, factor); });
  }
}

void attend(const AttentionJob& job) {
  if (job.half) {
    attend_all<uint16_t>(job);
  } else {
    attend_all<float>(job);
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {
namespace {

HWY_EXPORT(attend);

// Tokens of a job: a block of keys then serves 16 tokens from the cache.
constexpr int64_t kJobTokens = 16;

// What the tokens of a call see: with `keys` 0, those up to their own position.
struct Sight {
  int64_t first = 0;  // position of the first token
  int64_t keys = 0;
};

void attend_tokens(const KvCache& cache, const AttentionOptions& options, const Sight& sight,
                   std::span<const float> query, std::span<float> out, ThreadPool& pool) {
  const int64_t heads = options.query_heads;
  const int64_t dim = cache.head_dim();
  const int64_t group = heads / cache.kv_heads();
  SEXTANT_CHECK(heads > 0 && heads % cache.kv_heads() == 0 && dim % 8 == 0,
                "{} query heads over {} of {} values", heads, cache.kv_heads(), dim);
  const auto row = static_cast<size_t>(heads * dim);
  const auto tokens = static_cast<int64_t>(query.size() / row);
  SEXTANT_CHECK(query.size() % row == 0 && out.size() == query.size(),
                "{} queries and {} results in rows of {}", query.size(), out.size(), row);
  const int64_t end = sight.keys > 0 ? sight.keys : sight.first + tokens;
  SEXTANT_CHECK(sight.first >= 0 && end <= cache.capacity() && options.window >= 0,
                "positions {} to {} in a cache of {}", sight.first, end, cache.capacity());
  const int64_t token_jobs = (tokens + kJobTokens - 1) / kJobTokens;
  const int64_t rows = std::min(tokens, kJobTokens) * group;
  const auto each = static_cast<size_t>(rows * (2 * dim + 2));  // floats of one thread
  std::vector<float> scratch(each * static_cast<size_t>(pool.threads()));
  pool.for_each_chunk(token_jobs * cache.kv_heads(), 1, [&](int64_t begin, int64_t, int thread) {
    const int64_t head = begin % cache.kv_heads();
    const int64_t token = begin / cache.kv_heads() * kJobTokens;
    float* memory = scratch.data() + each * static_cast<size_t>(thread);
    AttentionJob job{
        .half = cache.dtype() == DType::kF16,
        .head_dim = dim,
        .group = group,
        .row_stride = heads * dim,
        .rows = std::min(kJobTokens, tokens - token) * group,
        .position = sight.first + token,
        .window = options.window,
        .seen = sight.keys,
        .scale = options.scale != 0 ? options.scale : 1.0f / std::sqrt(static_cast<float>(dim)),
        .keys = cache.keys(head),
        .values = cache.values(head),
        .input = query.data() + (token * heads + head * group) * dim,
        .output = out.data() + (token * heads + head * group) * dim,
        .query = memory,
        .sums = memory + rows * dim,
        .most = memory + 2 * rows * dim,
        .total = memory + 2 * rows * dim + rows};
    std::fill(job.sums, job.sums + rows * dim, 0.0f);
    std::fill(job.most, job.most + rows, -std::numeric_limits<float>::infinity());
    std::fill(job.total, job.total + rows, 0.0f);
    HWY_DYNAMIC_DISPATCH(attend)(job);
  });
}

}  // namespace

void attention(const KvCache& cache, const AttentionOptions& options, int64_t first,
               std::span<const float> query, std::span<float> out, ThreadPool& pool) {
  attend_tokens(cache, options, {.first = first}, query, out, pool);
}

void full_attention(const KvCache& cache, const AttentionOptions& options, int64_t keys,
                    std::span<const float> query, std::span<float> out, ThreadPool& pool) {
  SEXTANT_CHECK(keys > 0 && options.window == 0, "{} keys in a window of {}", keys, options.window);
  attend_tokens(cache, options, {.keys = keys}, query, out, pool);
}

}  // namespace sextant::kernels
#endif
