// The merge rules of a BPE model and their application to a sequence of symbol ids.
//
// Always the rule of the lowest rank is applied, of equal ones the leftmost, until none fits: the
// order of the reference library. Immutable and thread-safe. Time is O(n log n) in the symbols, at
// worst; short sequences go without a heap. Memory: 20 to 40 bytes a rule.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::text {

class BpeMerges {
 public:
  struct Rule {
    int32_t left;
    int32_t right;
    int32_t merged;
  };

  // Working memory of merge(), for reuse between calls.
  struct Scratch {
    std::vector<uint32_t> ranks;
    std::vector<uint32_t> next, previous;
    std::vector<uint64_t> heap;
  };

  BpeMerges() = default;
  // The index of a rule is its rank; of a pair that comes twice the last counts.
  explicit BpeMerges(std::span<const Rule> rules);

  // Replaces `symbols` by what the rules make of them. At most 2^32 - 2 symbols.
  void merge(std::vector<int32_t>& symbols, Scratch& scratch) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Slot {
    uint64_t pair;  // left << 32 | right
    uint32_t rank;  // kNone: free
    int32_t merged;
  };

  static uint64_t pair_of(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  // The rule for a pair, or a free slot.
  const Slot& find(int32_t left, int32_t right) const;

  void merge_short(std::vector<int32_t>& symbols, Scratch& scratch) const;
  void merge_long(std::vector<int32_t>& symbols, Scratch& scratch) const;

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  uint64_t key_ = 0;
};

}  // namespace sextant::text
