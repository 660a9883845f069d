// WordPiece, BERT's model: each word is cut into the longest entries from left to right; a word
// that leaves a rest without an entry is unknown as a whole.
//
// Immutable, thread-safe. Time: the word times the longest entry that fits, so linear.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sextant/text/byte_trie.h"
#include "sextant/text/model.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text {

class WordPiece : public Model {
 public:
  struct Parts {
    Vocabulary vocabulary;
    ByteTrie first;                  // entries that begin a word
    ByteTrie inside;                 // entries that go on, without their mark ("##")
    std::optional<int32_t> unknown;  // without one, unknown words are dropped
    size_t max_characters = 100;     // longer words are unknown
  };

  explicit WordPiece(Parts parts) : parts_(std::move(parts)) {}

  void encode(const Pieces& pieces, std::vector<int32_t>& ids) const override;
  int32_t size() const override { return parts_.vocabulary.size(); }
  std::string_view piece(int32_t id) const override { return parts_.vocabulary.piece(id); }
  std::optional<int32_t> find(std::string_view piece) const override {
    return parts_.vocabulary.find(piece);
  }

 private:
  Parts parts_;
};

}  // namespace sextant::text
