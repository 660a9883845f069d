#include "sextant/text/bpe_merges.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "sextant/text/hash.h"

namespace sextant::text {
namespace {

// Up to here looking through all ranks for the smallest costs less than keeping a heap.
constexpr size_t kShort = 96;

}  // namespace

BpeMerges::BpeMerges(std::span<const Rule> rules)
    : slots_(std::bit_ceil(rules.size() + rules.size() / 4 + 2), Slot{0, kNone, 0}),
      mask_(slots_.size() - 1),
      key_(process_key()) {
  for (size_t rank = 0; rank < rules.size(); ++rank) {
    const Rule& rule = rules[rank];
    auto& slot = const_cast<Slot&>(find(rule.left, rule.right));
    slot = {pair_of(rule.left, rule.right), static_cast<uint32_t>(rank), rule.merged};
  }
}

const BpeMerges::Slot& BpeMerges::find(int32_t left, int32_t right) const {
  const uint64_t pair = pair_of(left, right);
  size_t slot = hash_word(pair, key_) & mask_;
  while (slots_[slot].rank != kNone && slots_[slot].pair != pair) {
    slot = (slot + 1) & mask_;
  }
  return slots_[slot];
}

void BpeMerges::merge(std::vector<int32_t>& symbols, Scratch& scratch) const {
  if (symbols.size() < 2 || slots_.empty()) {
    return;
  }
  if (symbols.size() <= kShort) {
    merge_short(symbols, scratch);
  } else {
    merge_long(symbols, scratch);
  }
}

// Keeps the rank of each neighbouring pair in an array beside the symbols.
void BpeMerges::merge_short(std::vector<int32_t>& symbols, Scratch& scratch) const {
  std::vector<uint32_t>& ranks = scratch.ranks;
  size_t count = symbols.size();
  ranks.resize(count - 1);
  for (size_t i = 0; i + 1 < count; ++i) {
    ranks[i] = find(symbols[i], symbols[i + 1]).rank;
  }
  while (count > 1) {
    const auto best = std::min_element(ranks.begin(), ranks.begin() + (count - 1));
    if (*best == kNone) {
      break;
    }
    const auto at = static_cast<size_t>(best - ranks.begin());
    symbols[at] = find(symbols[at], symbols[at + 1]).merged;
    std::copy(symbols.begin() + at + 2, symbols.begin() + count, symbols.begin() + at + 1);
    std::copy(ranks.begin() + at + 1, ranks.begin() + (count - 1), ranks.begin() + at);
    --count;
    if (at > 0) {
      ranks[at - 1] = find(symbols[at - 1], symbols[at]).rank;
    }
    if (at + 1 < count) {
      ranks[at] = find(symbols[at], symbols[at + 1]).rank;
    }
  }
  symbols.resize(count);
}

// A heap of (rank, position) over a doubly linked list. An entry is stale where the pair at its
// position has another rank by now.
void BpeMerges::merge_long(std::vector<int32_t>& symbols, Scratch& scratch) const {
  const auto count = static_cast<uint32_t>(symbols.size());
  std::vector<uint32_t>& next = scratch.next;
  std::vector<uint32_t>& previous = scratch.previous;
  std::vector<uint64_t>& heap = scratch.heap;
  constexpr int32_t kRemoved = -2;
  next.resize(count);
  previous.resize(count);
  heap.clear();
  for (uint32_t i = 0; i < count; ++i) {
    next[i] = i + 1 < count ? i + 1 : kNone;
    previous[i] = i > 0 ? i - 1 : kNone;
    if (next[i] != kNone) {
      if (const Slot& rule = find(symbols[i], symbols[i + 1]); rule.rank != kNone) {
        heap.push_back(static_cast<uint64_t>(rule.rank) << 32 | i);
      }
    }
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  const auto push = [&](uint32_t left, uint32_t right) {
    if (const Slot& rule = find(symbols[left], symbols[right]); rule.rank != kNone) {
      heap.push_back(static_cast<uint64_t>(rule.rank) << 32 | left);
      std::push_heap(heap.begin(), heap.end(), std::greater<>());
    }
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const auto rank = static_cast<uint32_t>(heap.back() >> 32);
    const auto at = static_cast<uint32_t>(heap.back());
    heap.pop_back();
    const uint32_t right = next[at];
    if (symbols[at] == kRemoved || right == kNone) {
      continue;
    }
    const Slot& rule = find(symbols[at], symbols[right]);
    if (rule.rank != rank) {
      continue;
    }
    symbols[at] = rule.merged;
    symbols[right] = kRemoved;
    next[at] = next[right];
    if (next[at] != kNone) {
      previous[next[at]] = at;
      push(at, next[at]);
    }
    if (previous[at] != kNone) {
      push(previous[at], at);
    }
  }
  std::erase(symbols, kRemoved);
}

}  // namespace sextant::text
