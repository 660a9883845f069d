// model.vocab and model.merges of a tokenizer.json, kept flat: a DOM of them would cost twenty
// times the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::text::hf {

struct VocabularySource {
  // `id` is the value of an object member (BPE, WordPiece) or the index in an array (unigram).
  struct Entry {
    uint32_t begin;  // of the piece in `bytes`
    uint32_t size;
    int32_t id;
  };
  struct Merge {
    uint32_t left_begin, left_size;
    uint32_t right_begin, right_size;
  };

  std::string bytes;
  std::vector<Entry> entries;
  std::vector<double> scores;  // of each entry, where vocab was an array of [piece, score]
  std::vector<Merge> merges;   // in the order of the file: the index is the rank

  bool is_list() const { return !scores.empty(); }
  std::string_view view(uint32_t begin, uint32_t size) const {
    return std::string_view(bytes).substr(begin, size);
  }
};

}  // namespace sextant::text::hf
