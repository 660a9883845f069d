// The unigram model: of all ways to cut a text into pieces, the one whose scores add up highest.
//
// Immutable, thread-safe. Time: the text times the longest piece that fits, so linear in the text.
// Sums are rounded as the reference rounds them, since ties and near-ties depend on it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sextant/text/byte_trie.h"
#include "sextant/text/model.h"
#include "sextant/text/sentencepiece_vocabulary.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text {

struct UnigramParts {
  Vocabulary vocabulary;
  ByteTrie trie;               // the pieces that text can become
  std::vector<double> scores;  // of each id
  double unknown_score = 0;    // of one character that no piece covers
  int32_t unknown = -1;        // -1: such characters are dropped
  bool byte_fallback = false;
  std::array<int32_t, 256> bytes{};  // ids of the byte pieces, -1 where there is none
  bool single_precision = false;     // sums in float, as SentencePiece; else in double
};

class Unigram : public Model {
 public:
  explicit Unigram(UnigramParts parts) : parts_(std::move(parts)) {}

  void encode(const Pieces& pieces, std::vector<int32_t>& ids) const override;
  int32_t size() const override { return parts_.vocabulary.size(); }
  std::string_view piece(int32_t id) const override { return parts_.vocabulary.piece(id); }
  std::optional<int32_t> find(std::string_view piece) const override {
    return parts_.vocabulary.find(piece);
  }

 private:
  template <class Sum>
  struct Node {
    Sum score = 0;
    uint32_t begin = 0;  // of the last piece of the best cut that ends here
    int32_t id = kOpen;
  };
  static constexpr int32_t kOpen = -2;  // no cut ends here

  template <class Sum>
  void encode_with(const Pieces& pieces, std::vector<int32_t>& ids) const;
  template <class Sum>
  void fill(std::string_view text, std::vector<Node<Sum>>& best) const;
  void append_unknown(std::string_view text, bool after_unknown, std::vector<int32_t>& ids) const;

  UnigramParts parts_;
};

// Points below the lowest score that a character without a piece costs; the reference's constant.
inline constexpr double kUnknownPenalty = 10.0;

// SentencePiece's unigram model over its pieces. Errors: those of SentencePieceVocabulary and
// kDataLoss for a piece that comes twice.
Result<UnigramParts> unigram_from_sentencepiece(SentencePieceList list, std::string_view what);

}  // namespace sextant::text
