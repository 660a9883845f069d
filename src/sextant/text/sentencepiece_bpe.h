// SentencePiece's BPE: pairs whose joined text is a piece are merged, the highest score first, of
// equal ones the leftmost. Unlike the reference byte-level BPE there is no list of merges.
//
// Immutable, thread-safe. Time: O(n log n) in the characters of a word, or of the text where
// pieces reach across spaces.
#pragma once

#include <cstdint>
#include <vector>

#include "sextant/text/model.h"
#include "sextant/text/sentencepiece_vocabulary.h"

namespace sextant::text {

class SentencePieceBpe : public Model {
 public:
  explicit SentencePieceBpe(SentencePieceVocabulary vocabulary);

  void encode(const Pieces& pieces, std::vector<int32_t>& ids) const override;
  int32_t size() const override { return vocabulary_.pieces().size(); }
  std::string_view piece(int32_t id) const override { return vocabulary_.pieces().piece(id); }
  std::optional<int32_t> find(std::string_view piece) const override {
    return vocabulary_.pieces().find(piece);
  }

 private:
  struct Working;

  void encode_word(std::string_view text, Working& work, std::vector<int32_t>& ids) const;
  void cut(std::string_view text, Working& work) const;
  void add_pair(std::string_view text, Working& work, int32_t left) const;
  void add_id(std::string_view text, int32_t id, bool& after_unknown,
              std::vector<int32_t>& ids) const;
  void append(std::string_view text, Working& work, uint32_t begin, uint32_t size,
              std::vector<int32_t>& ids) const;

  SentencePieceVocabulary vocabulary_;
  std::vector<uint32_t> ranks_;  // of each id: 0 for the highest score
  bool has_unused_ = false;
  bool by_word_ = true;  // no piece has "▁" behind another character, so words are independent
};

}  // namespace sextant::text
