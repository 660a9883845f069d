#include "sextant/text/byte_trie.h"

#include <algorithm>

#include "sextant/base/format.h"

namespace sextant::text {
namespace {

// Keeps the memory of a hostile vocabulary at 27 MB; 250,000 real pieces need about a million.
constexpr size_t kMaxNodes = 3'000'000;

size_t common_prefix(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<size_t>(end.first - a.begin());
}

}  // namespace

Result<ByteTrie> ByteTrie::build(std::span<Entry> entries, std::string_view what) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.key < b.key; });
  size_t nodes = 1;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string_view before = i == 0 ? std::string_view() : entries[i - 1].key;
    const size_t shared = common_prefix(before, entries[i].key);
    if (shared == entries[i].key.size()) {
      return fail(ErrorCode::kDataLoss, "{}: expected each piece once, found \"{}\" twice", what,
                  printable(entries[i].key));
    }
    nodes += entries[i].key.size() - shared;
  }
  if (nodes > kMaxNodes) {
    return fail(ErrorCode::kOutOfRange, "{}: expected at most {} distinct prefixes, found {}", what,
                kMaxNodes, nodes);
  }
  // Each node of a level stands for a range of entries that share its path.
  struct Range {
    uint32_t begin;
    uint32_t end;
  };
  ByteTrie trie;
  trie.labels_.reserve(nodes);
  trie.values_.reserve(nodes);
  trie.first_child_.reserve(nodes + 1);
  std::vector<Range> level = {{0, static_cast<uint32_t>(entries.size())}};
  trie.labels_.push_back(0);
  for (size_t depth = 0; !level.empty(); ++depth) {
    std::vector<Range> next;
    for (Range range : level) {
      const bool ends_here = range.begin < range.end && entries[range.begin].key.size() == depth;
      trie.values_.push_back(ends_here ? entries[range.begin].value : -1);
      trie.first_child_.push_back(static_cast<uint32_t>(trie.labels_.size()));
      range.begin += ends_here ? 1 : 0;
      while (range.begin < range.end) {
        const char label = entries[range.begin].key[depth];
        uint32_t end = range.begin + 1;
        while (end < range.end && entries[end].key[depth] == label) {
          ++end;
        }
        next.push_back({range.begin, end});
        trie.labels_.push_back(static_cast<unsigned char>(label));
        range.begin = end;
      }
    }
    level = std::move(next);
  }
  trie.first_child_.push_back(static_cast<uint32_t>(trie.labels_.size()));
  for (Node child = trie.first_child_[0]; child < trie.first_child_[1]; ++child) {
    trie.root_[trie.labels_[child]] = child;
  }
  return trie;
}

ByteTrie::Match ByteTrie::longest(std::string_view text, size_t position) const {
  Match match;
  Node node = kRoot;
  for (size_t i = position; i < text.size(); ++i) {
    node = step(node, static_cast<unsigned char>(text[i]));
    if (node == kNone) {
      break;
    }
    if (values_[node] >= 0) {
      match = {i + 1 - position, values_[node]};
    }
  }
  return match;
}

}  // namespace sextant::text
