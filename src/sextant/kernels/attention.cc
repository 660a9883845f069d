#include "sextant/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sextant/base/half.h"
#include "sextant/kernels/ref/oracle.h"

namespace sextant::kernels {
namespace {

float element(const std::byte* base, int64_t index, DType dtype) {
  return dtype == DType::kF32 ? reinterpret_cast<const float*>(base)[index]
                              : f16_to_f32(reinterpret_cast<const uint16_t*>(base)[index]);
}

}  // namespace

void attention(const KvCache& cache, const AttentionOptions& options, int64_t first, int64_t tokens,
               std::span<const float> query, std::span<float> out, ThreadPool&) {
  const int64_t positions = first + tokens;
  const int64_t heads = cache.kv_heads();
  const int64_t dim = cache.head_dim();
  std::vector<float> keys(static_cast<size_t>(positions * heads * dim));
  std::vector<float> values(keys.size());
  for (int64_t p = 0; p < positions; ++p) {
    for (int64_t h = 0; h < heads; ++h) {
      for (int64_t d = 0; d < dim; ++d) {
        const auto to = static_cast<size_t>((p * heads + h) * dim + d);
        keys[to] = element(cache.keys(h), (p / 16 * dim + d) * 16 + p % 16, cache.dtype());
        values[to] = element(cache.values(h), p * dim + d, cache.dtype());
      }
    }
  }
  const double scale = options.scale != 0 ? static_cast<double>(options.scale)
                                          : 1.0 / std::sqrt(static_cast<double>(dim));
  std::ranges::copy(ref::attention({.query_heads = options.query_heads,
                                    .kv_heads = heads,
                                    .head_dim = dim,
                                    .first = first,
                                    .tokens = tokens,
                                    .window = options.window,
                                    .scale = scale,
                                    .query = query,
                                    .keys = keys,
                                    .values = values}),
                    out.begin());
}

}  // namespace sextant::kernels
