// The "precompiled charsmap" of SentencePiece: rules that rewrite short byte strings, as a
// double-array trie (the layout of Darts-clone) followed by the NUL-ended results.
//
// Immutable, thread-safe. Any bytes load; look-ups stay inside them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/text/normalizer.h"

namespace sextant::text {

class PrecompiledCharsmap {
 public:
  struct Match {
    size_t length = 0;        // bytes that the rule replaces; 0: no rule
    std::string_view result;  // valid as long as the map
  };

  PrecompiledCharsmap() = default;

  // Errors: kDataLoss where the size of the trie does not fit the blob.
  static Result<PrecompiledCharsmap> parse(std::string_view blob);

  bool empty() const { return units_.empty(); }

  // The rule for the longest, or the shortest, string that begins at `position`.
  Match longest(std::string_view text, size_t position) const;
  Match shortest(std::string_view text, size_t position) const;

 private:
  Match find(std::string_view text, size_t position, bool stop_at_first) const;

  std::vector<uint32_t> units_;
  std::string results_;
};

// The "Precompiled" normaliser of tokenizer.json. It differs from SentencePiece's own: it goes by
// grapheme clusters of up to five bytes, then by characters, and takes the shortest rule.
class PrecompiledNormalizer : public Normalizer {
 public:
  explicit PrecompiledNormalizer(PrecompiledCharsmap map) : map_(std::move(map)) {}

  void apply(std::string& text) const override;

 private:
  PrecompiledCharsmap map_;
};

}  // namespace sextant::text
