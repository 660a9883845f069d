#include "sextant/text/sentencepiece_vocabulary.h"

#include <algorithm>

namespace sextant::text {
namespace {

int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

int byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') {
    return -1;
  }
  const int high = hex_digit(piece[3]);
  const int low = hex_digit(piece[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool has_inner_space(std::string_view piece) { return space_word_end(piece, 0) < piece.size(); }

size_t space_word_end(std::string_view text, size_t begin) {
  size_t i = begin;
  while (text.substr(i).starts_with(kSpaceSymbol)) {
    i += kSpaceSymbol.size();
  }
  return std::min(text.find(kSpaceSymbol, i), text.size());
}

// Notes what the kind of a piece demands.
Result<void> SentencePieceVocabulary::add(int32_t id, std::string_view text,
                                          std::vector<ByteTrie::Entry>& symbols,
                                          std::string_view what) {
  switch (type(id)) {
    case PieceType::kUnknown:
      if (unknown_ >= 0) {
        return fail(ErrorCode::kDataLoss, "{}: expected one unknown piece, found {} and {}", what,
                    unknown_, id);
      }
      unknown_ = id;
      break;
    case PieceType::kByte: {
      const int byte = byte_of_piece(text);
      if (byte < 0) {
        return fail(ErrorCode::kDataLoss,
                    "{}: byte piece {}: expected <0x00> to <0xFF>, found \"{}\"", what, id,
                    printable(text));
      }
      byte_ids_[static_cast<size_t>(byte)] = id;
      break;
    }
    case PieceType::kUserDefined:
      symbols.push_back({text, id});
      [[fallthrough]];
    case PieceType::kNormal:
    case PieceType::kUnused:
      longest_piece_ = std::max(longest_piece_, text.size());
      break;
    case PieceType::kControl:
      break;
  }
  return {};
}

Result<SentencePieceVocabulary> SentencePieceVocabulary::build(SentencePieceList list,
                                                               std::string_view what) {
  SentencePieceVocabulary out;
  out.scores_ = std::move(list.scores);
  out.types_ = std::move(list.types);
  out.byte_fallback_ = list.byte_fallback;
  out.byte_ids_.fill(-1);
  std::vector<ByteTrie::Entry> symbols;
  for (size_t i = 0; i < list.texts.size(); ++i) {
    SEXTANT_TRY_VOID(out.add(static_cast<int32_t>(i), list.texts[i], symbols, what));
  }
  if (out.unknown_ < 0) {
    return fail(ErrorCode::kDataLoss, "{}: expected an unknown piece, found none in {}", what,
                list.texts.size());
  }
  const auto missing = std::find(out.byte_ids_.begin(), out.byte_ids_.end(), -1);
  if (out.byte_fallback_ && missing != out.byte_ids_.end()) {
    return fail(ErrorCode::kDataLoss, "{}: expected a piece for each byte, found none for {}", what,
                missing - out.byte_ids_.begin());
  }
  SEXTANT_TRY(out.vocabulary_, Vocabulary::from_list(list.texts, what));
  SEXTANT_TRY(out.user_defined_, ByteTrie::build(symbols, what));
  return out;
}

}  // namespace sextant::text
