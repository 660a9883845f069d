// The pieces of a SentencePiece model with their scores and kinds. For loaders and models of this
// folder.
//
// Immutable after building, thread-safe. Memory: that of Vocabulary and 5 bytes a piece.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/text/byte_trie.h"
#include "sextant/text/sentencepiece_proto.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text {

// "▁", which stands for a space.
inline constexpr std::string_view kSpaceSymbol = "\xE2\x96\x81";

// The byte that "<0x41>" stands for, or -1 where the text is not of that form.
int byte_of_piece(std::string_view piece);

// True where "▁" follows another character: a piece that reaches across words.
bool has_inner_space(std::string_view piece);

// End of the word that begins at `begin`: before the next "▁" behind another character.
size_t space_word_end(std::string_view text, size_t begin);

// Lists of equal length; the index is the id. Views must live while a vocabulary is built.
struct SentencePieceList {
  std::vector<std::string_view> texts;
  std::vector<float> scores;
  std::vector<SentencePieceProto::PieceType> types;
  bool byte_fallback = false;
};

class SentencePieceVocabulary {
 public:
  using PieceType = SentencePieceProto::PieceType;

  SentencePieceVocabulary() = default;

  // Takes the lists' scores and types. Errors: kDataLoss for no or several unknown pieces, a byte
  // piece that names no byte, byte fallback without all 256 of them, a user-defined symbol that
  // comes twice; `what` names the source.
  static Result<SentencePieceVocabulary> build(SentencePieceList list, std::string_view what);

  const Vocabulary& pieces() const { return vocabulary_; }
  float score(int32_t id) const { return scores_[static_cast<size_t>(id)]; }
  PieceType type(int32_t id) const { return types_[static_cast<size_t>(id)]; }
  // Pieces that text can become: normal, user-defined or unused ones.
  bool is_text(int32_t id) const {
    const PieceType kind = type(id);
    return kind == PieceType::kNormal || kind == PieceType::kUserDefined ||
           kind == PieceType::kUnused;
  }
  int32_t unknown() const { return unknown_; }
  bool byte_fallback() const { return byte_fallback_; }
  const std::array<int32_t, 256>& byte_ids() const { return byte_ids_; }  // -1: no such piece
  size_t longest_piece() const { return longest_piece_; }                 // bytes

  // User-defined symbols, which are never cut and never rewritten.
  const ByteTrie& user_defined() const { return user_defined_; }

 private:
  Result<void> add(int32_t id, std::string_view text, std::vector<ByteTrie::Entry>& symbols,
                   std::string_view what);

  Vocabulary vocabulary_;
  std::vector<float> scores_;
  std::vector<PieceType> types_;
  ByteTrie user_defined_;
  std::array<int32_t, 256> byte_ids_{};
  bool byte_fallback_ = false;
  int32_t unknown_ = -1;
  size_t longest_piece_ = 0;
};

}  // namespace sextant::text
