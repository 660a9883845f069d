// Grouped-query attention over a key-value cache of one layer.
//
// attention() is causal, with an optional window of W keys (the token's own included);
// full_attention() has no order. The result of a token depends neither on the number of threads nor
// on the tokens it is computed with.
#pragma once

#include <cstdint>
#include <span>

#include "sextant/base/thread_pool.h"
#include "sextant/kernels/kv_cache.h"

namespace sextant::kernels {

struct AttentionOptions {
  int64_t query_heads = 0;  // a multiple of the cache's heads; query head h reads h / ratio
  float scale = 0;          // of the scores; 0 means 1 / sqrt(head_dim)
  int64_t window = 0;       // keys that a token sees, itself included; 0 means all before it
};

// query and out: [tokens, query_heads, head_dim], head_dim a multiple of 8. Token i has position
// first + i and attends to the cached positions up to its own, which must be stored already.
void attention(const KvCache& cache, const AttentionOptions& options, int64_t first,
               std::span<const float> query, std::span<float> out, ThreadPool& pool);

// The same without order: every token sees the positions 0 to keys - 1 of the cache, at least one.
// The tokens need not be among them. options.window is 0.
void full_attention(const KvCache& cache, const AttentionOptions& options, int64_t keys,
                    std::span<const float> query, std::span<float> out, ThreadPool& pool);

}  // namespace sextant::kernels
