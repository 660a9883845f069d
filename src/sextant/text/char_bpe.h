// BPE over characters: what "BPE" in a tokenizer.json is without ByteLevel (Llama, Mistral), and
// with the marks for the end or the middle of a word (CLIP).
//
// Immutable, thread-safe. Time: O(n log n) in the characters of a piece, or of its longest word
// where no entry reaches across "▁".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/text/bpe_merges.h"
#include "sextant/text/model.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text {

struct CharBpeOptions {
  std::string middle_prefix = {};  // before each character but the first ("##")
  std::string end_suffix = {};     // behind the last character ("</w>")
  bool byte_letters = false;       // pieces are bytes, written in the alphabet of byte_alphabet.h
  bool byte_fallback = false;
  bool fuse_unknown = false;
  bool ignore_merges = false;           // a piece that is an entry is that entry
  std::optional<int32_t> unknown = {};  // without one, unknown characters are dropped
};

class CharBpe final : public Model {
 public:
  CharBpe(Vocabulary vocabulary, BpeMerges merges, CharBpeOptions options);

  void encode(const Pieces& pieces, std::vector<int32_t>& ids) const override;
  int32_t size() const override { return vocabulary_.size(); }
  std::string_view piece(int32_t id) const override { return vocabulary_.piece(id); }
  std::optional<int32_t> find(std::string_view piece) const override {
    return vocabulary_.find(piece);
  }

 private:
  struct Work;

  void encode_word(std::string_view word, Work& work, std::vector<int32_t>& ids) const;
  void cut(std::string_view piece, Work& work) const;
  bool add_bytes(std::string_view character, Work& work) const;

  Vocabulary vocabulary_;
  BpeMerges merges_;
  CharBpeOptions options_;
  bool by_word_;  // no entry reaches across "▁", so the words of a piece are independent
  std::array<int32_t, 256> byte_ids_;  // of "<0x00>" and so on, -1 where there is none
};

}  // namespace sextant::text
