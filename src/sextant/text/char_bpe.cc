#include "sextant/text/char_bpe.h"

#include <algorithm>

#include "sextant/base/utf8.h"
#include "sextant/text/byte_alphabet.h"
#include "sextant/text/sentencepiece_vocabulary.h"

namespace sextant::text {

// Memory of one encode() call.
struct CharBpe::Work {
  std::vector<int32_t> symbols;
  BpeMerges::Scratch scratch;
  std::string entry;
};

CharBpe::CharBpe(Vocabulary vocabulary, BpeMerges merges, CharBpeOptions options)
    : vocabulary_(std::move(vocabulary)),
      merges_(std::move(merges)),
      options_(std::move(options)),
      // A known "▁" also ends a run of unknown characters.
      by_word_(options_.middle_prefix.empty() && options_.end_suffix.empty() &&
               vocabulary_.find(kSpaceSymbol).has_value()) {
  for (int32_t id = 0; by_word_ && id < size(); ++id) {
    by_word_ = !has_inner_space(piece(id));
  }
  byte_ids_.fill(-1);
  for (size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    byte_ids_[byte] = vocabulary_.find(format("<0x{:02X}>", byte)).value_or(-1);
  }
}

// Appends the byte entries of a character, where all exist.
bool CharBpe::add_bytes(std::string_view character, Work& work) const {
  const auto id_of = [this](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
  if (!options_.byte_fallback ||
      !std::all_of(character.begin(), character.end(), [&](char c) { return id_of(c) >= 0; })) {
    return false;
  }
  std::transform(character.begin(), character.end(), std::back_inserter(work.symbols), id_of);
  return true;
}

void CharBpe::cut(std::string_view piece, Work& work) const {
  bool after_unknown = false;
  for (size_t begin = 0; begin < piece.size();) {
    const size_t length = decode_utf8(piece, begin).length;
    work.entry = begin > 0 ? options_.middle_prefix : "";
    work.entry += piece.substr(begin, length);
    begin += length;
    if (begin == piece.size()) {
      work.entry += options_.end_suffix;
    }
    if (const std::optional<int32_t> id = vocabulary_.find(work.entry)) {
      work.symbols.push_back(*id);
      after_unknown = false;
    } else if (add_bytes(work.entry, work)) {
      after_unknown = false;
    } else if (options_.unknown) {
      if (!after_unknown || !options_.fuse_unknown) {
        work.symbols.push_back(*options_.unknown);
      }
      after_unknown = true;
    }
  }
}

void CharBpe::encode_word(std::string_view word, Work& work, std::vector<int32_t>& ids) const {
  work.symbols.clear();
  cut(word, work);
  merges_.merge(work.symbols, work.scratch);
  ids.insert(ids.end(), work.symbols.begin(), work.symbols.end());
}

void CharBpe::encode(const Pieces& pieces, std::vector<int32_t>& ids) const {
  Work work;
  std::string letters;
  for (const Span& span : pieces.spans) {
    std::string_view piece = pieces.view(span);
    if (options_.byte_letters) {
      letters = letters_of_bytes(piece);
      piece = letters;
    }
    if (options_.ignore_merges) {
      if (const std::optional<int32_t> whole = vocabulary_.find(piece)) {
        ids.push_back(*whole);
        continue;
      }
    }
    for (size_t begin = 0; begin < piece.size();) {
      const size_t end = by_word_ ? space_word_end(piece, begin) : piece.size();
      encode_word(piece.substr(begin, end - begin), work, ids);
      begin = end;
    }
  }
}

}  // namespace sextant::text
