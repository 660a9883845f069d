// Keys and values of one layer, for attention.h.
//
// Memory is reserved for the whole capacity at once but becomes resident only as positions are
// stored (fresh pages of the system). Storing replaces what was at those positions, so a
// conversation is cut back by storing from an earlier position on. Threads may store different
// positions at the same time, but not while another reads.
//
// Layout as shape:stride in elements, D = head_dim, C = capacity rounded up to 16:
//   keys    [kv_heads, C/16, D, 16] : [C*D, 16*D, 16, 1]  (16 positions side by side, so that a
//            vector lane is a position)
//   values  [kv_heads, C, D]        : [C*D, D, 1]
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sextant/base/dtype.h"

namespace sextant::kernels {

class KvCache {
 public:
  static constexpr int64_t kKeyTile = 16;

  // dtype: kF32 (exact) or kF16 (half the memory; values beyond 65504 become infinite).
  KvCache(int64_t kv_heads, int64_t head_dim, int64_t capacity, DType dtype);

  // Stores positions first .. first + tokens - 1. keys, values: [tokens, kv_heads, head_dim].
  void store(int64_t first, int64_t tokens, std::span<const float> keys,
             std::span<const float> values);

  int64_t kv_heads() const { return kv_heads_; }
  int64_t head_dim() const { return head_dim_; }
  int64_t capacity() const { return capacity_; }  // rounded up
  DType dtype() const { return dtype_; }

  // For the kernels: the first element of a head.
  const std::byte* keys(int64_t head) const { return data_.get() + head * head_bytes(); }
  const std::byte* values(int64_t head) const { return keys(kv_heads_ + head); }

 private:
  struct Unmap {
    size_t bytes;
    void operator()(std::byte* data) const;
  };
  using Memory = std::unique_ptr<std::byte, Unmap>;

  template <class T>
  void store_as(int64_t first, std::span<const T> keys, std::span<const T> values);

  int64_t head_bytes() const { return capacity_ * head_dim_ * info(dtype_).block_bytes; }

  int64_t kv_heads_;
  int64_t head_dim_;
  int64_t capacity_;
  DType dtype_;
  Memory data_;
};

}  // namespace sextant::kernels
