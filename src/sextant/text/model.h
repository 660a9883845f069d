// Third stage: the vocabulary and how a piece becomes ids (BPE, unigram, WordPiece).
//
// Immutable and thread-safe; working memory lives inside one call of encode(), which therefore
// takes all pieces of a stretch at once. Time is O(n log n) in the bytes of a piece at worst.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sextant/text/pre_tokenizer.h"

namespace sextant::text {

class Model {
 public:
  virtual ~Model() = default;

  // Appends the ids of every piece, in order.
  virtual void encode(const Pieces& pieces, std::vector<int32_t>& ids) const = 0;

  // Ids are 0 .. size() - 1; there may be holes.
  virtual int32_t size() const = 0;
  // The entry as the vocabulary writes it; "" for a hole or an id outside. Valid as long as this.
  virtual std::string_view piece(int32_t id) const = 0;
  virtual std::optional<int32_t> find(std::string_view piece) const = 0;
};

}  // namespace sextant::text
