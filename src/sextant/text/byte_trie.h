// A set of byte strings with a number each, for finding those that begin at a place in a text.
//
// Immutable after building, thread-safe. Memory: 9 bytes a node (about one a distinct prefix).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::text {

class ByteTrie {
 public:
  struct Entry {
    std::string_view key;  // not empty
    int32_t value;         // not negative
  };
  using Node = uint32_t;

  static constexpr Node kRoot = 0;
  static constexpr Node kNone = 0xFFFFFFFF;

  ByteTrie() = default;

  // Sorts `entries`. Errors: kDataLoss (a key that comes twice; `what` names the source),
  // kOutOfRange (more than 3 M nodes).
  static Result<ByteTrie> build(std::span<Entry> entries, std::string_view what);

  bool empty() const { return values_.size() <= 1; }

  // The node one byte further, or kNone.
  Node step(Node node, unsigned char byte) const {
    if (node == kRoot) {
      return root_[byte];
    }
    const Node end = first_child_[node + 1];
    for (Node child = first_child_[node]; child < end; ++child) {
      if (labels_[child] >= byte) {
        return labels_[child] == byte ? child : kNone;
      }
    }
    return kNone;
  }

  // The value of a node that ends a key, or -1.
  int32_t value(Node node) const { return values_[node]; }

  struct Match {
    size_t length = 0;  // 0: no key begins here
    int32_t value = -1;
  };
  // The longest key that begins at `position`.
  Match longest(std::string_view text, size_t position) const;

 private:
  // Nodes in breadth-first order, so that the children of one lie side by side, sorted by label.
  std::vector<uint32_t> first_child_;  // and one end
  std::vector<unsigned char> labels_;
  std::vector<int32_t> values_;
  std::array<Node, 256> root_ = empty_root();

  static constexpr std::array<Node, 256> empty_root() {
    std::array<Node, 256> root{};
    root.fill(kNone);
    return root;
  }
};

}  // namespace sextant::text
