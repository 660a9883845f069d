// What a SentencePiece model does to text before its model sees it: rewriting by the charsmap,
// removal of extra spaces, "▁" for spaces and before the text.
//
// Immutable, thread-safe; linear in the text.
#pragma once

#include <string>
#include <string_view>

#include "sextant/text/byte_trie.h"
#include "sextant/text/normalizer.h"
#include "sextant/text/precompiled_charsmap.h"

namespace sextant::text {

class SentencePieceNormalizer : public Normalizer {
 public:
  struct Options {
    bool add_dummy_prefix = true;
    bool remove_extra_whitespaces = true;
    bool escape_whitespaces = true;
    bool whitespace_as_suffix = false;  // the dummy space goes behind the text
    // Bytes that are not UTF-8 stay, for byte fallback (llama.cpp, llama2.c); the library itself
    // makes each of them U+FFFD.
    bool keep_invalid = false;
  };

  SentencePieceNormalizer(Options options, PrecompiledCharsmap map, ByteTrie user_defined)
      : options_(options), map_(std::move(map)), user_defined_(std::move(user_defined)) {}

  void apply(std::string& text) const override;

 private:
  struct Part {
    std::string_view text;  // what stands for the bytes taken
    size_t length;          // bytes taken
  };
  Part next(std::string_view text, size_t position) const;
  void append(std::string_view part, std::string& out) const;

  Options options_;
  PrecompiledCharsmap map_;
  ByteTrie user_defined_;
};

}  // namespace sextant::text
