#include "sextant/kernels/kv_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/kernels/ops.h"

namespace sextant::kernels {
namespace {

constexpr int64_t kTile = KvCache::kKeyTile;

// T: float, or uint16_t for the bits of f16.
template <class T>
void store_head(T* keys, T* values, int64_t dim, int64_t position, const T* key, const T* value) {
  T* key_tile = keys + position / kTile * kTile * dim + position % kTile;
  for (int64_t d = 0; d < dim; ++d) {
    key_tile[d * kTile] = key[d];
  }
  std::copy(value, value + dim, values + position * dim);
}

}  // namespace

void KvCache::Unmap::operator()(std::byte* data) const { ::munmap(data, bytes); }

KvCache::KvCache(int64_t kv_heads, int64_t head_dim, int64_t capacity, DType dtype)
    : kv_heads_(kv_heads),
      head_dim_(head_dim),
      capacity_((capacity + kKeyTile - 1) / kKeyTile * kKeyTile),
      dtype_(dtype),
      data_(nullptr, Unmap{0}) {
  SEXTANT_CHECK(kv_heads > 0 && head_dim > 0 && capacity > 0, "{} heads of {}, capacity {}",
                kv_heads, head_dim, capacity);
  SEXTANT_CHECK(dtype == DType::kF32 || dtype == DType::kF16, "a cache of {}", to_string(dtype));
  const auto bytes = static_cast<size_t>(2 * kv_heads_ * head_bytes());
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    throw SextantError(
        Error{.code = ErrorCode::kResourceExhausted,
              .message = format("[kernels/cache] no address space for {} bytes", bytes)});
  }
  data_ = Memory(static_cast<std::byte*>(data), Unmap{bytes});
}

void KvCache::store(int64_t first, int64_t tokens, std::span<const float> keys,
                    std::span<const float> values) {
  const auto expected = static_cast<size_t>(tokens * kv_heads_ * head_dim_);
  SEXTANT_CHECK(first >= 0 && tokens >= 0 && first + tokens <= capacity_,
                "positions {} to {} in a cache of {}", first, first + tokens, capacity_);
  SEXTANT_CHECK(keys.size() == expected && values.size() == expected,
                "{} keys and {} values for {}", keys.size(), values.size(), expected);
  if (dtype_ == DType::kF32) {
    return store_as(first, keys, values);
  }
  std::vector<uint16_t> halves(2 * expected);
  const auto narrow_keys = std::span(halves).first(expected);
  const auto narrow_values = std::span(halves).last(expected);
  f32_to_f16(keys, narrow_keys);
  f32_to_f16(values, narrow_values);
  store_as<uint16_t>(first, narrow_keys, narrow_values);
}

template <class T>
void KvCache::store_as(int64_t first, std::span<const T> keys, std::span<const T> values) {
  const int64_t row = kv_heads_ * head_dim_;
  const auto tokens = static_cast<int64_t>(keys.size()) / row;
  for (int64_t h = 0; h < kv_heads_; ++h) {
    std::byte* key_head = data_.get() + h * head_bytes();
    std::byte* value_head = key_head + kv_heads_ * head_bytes();
    for (int64_t t = 0; t < tokens; ++t) {
      const int64_t at = t * row + h * head_dim_;
      store_head(reinterpret_cast<T*>(key_head), reinterpret_cast<T*>(value_head), head_dim_,
                 first + t, keys.data() + at, values.data() + at);
    }
  }
}

}  // namespace sextant::kernels
