// Pre-tokenisers that cut text without knowing a vocabulary, as tokenizer.json names them.
//
// Immutable and thread-safe; time is linear in the text (Split: within the budget of regex.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sextant/text/pre_tokenizer.h"
#include "sextant/text/regex.h"
#include "sextant/text/split_scanner.h"

namespace sextant::text {

// What becomes of the matches of a splitter.
enum class SplitBehavior {
  kRemoved,         // dropped
  kIsolated,        // each a piece
  kMergedPrevious,  // joined to the piece before
  kMergedNext,      // joined to the piece behind
  kContiguous,      // neighbouring matches are one piece
};

// Split: cuts at the matches of a pattern, or between them where `invert`.
class Split final : public PreTokenizer {
 public:
  Split(Regex regex, SplitBehavior behavior, bool invert)
      : regex_(std::move(regex)), behavior_(behavior), invert_(invert) {}
  void apply(Pieces& pieces) const override;

 private:
  Regex regex_;
  SplitBehavior behavior_;
  bool invert_;
};

// Cuts with a known pattern, whose matches cover the text.
class ScannerSplit final : public PreTokenizer {
 public:
  explicit ScannerSplit(SplitPattern pattern) : pattern_(pattern) {}
  void apply(Pieces& pieces) const override;

 private:
  SplitPattern pattern_;
};

// ByteLevel: the optional space before each piece, then GPT-2's pattern.
class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, bool use_regex)
      : add_prefix_space_(add_prefix_space), use_regex_(use_regex) {}
  void apply(Pieces& pieces) const override;

 private:
  bool add_prefix_space_;
  bool use_regex_;
};

// Digits, Punctuation and WhitespaceSplit: the matches are the single characters of a class
// (a flag of char_class).
class ClassSplit final : public PreTokenizer {
 public:
  ClassSplit(uint16_t flag, SplitBehavior behavior) : flag_(flag), behavior_(behavior) {}
  void apply(Pieces& pieces) const override;

 private:
  uint16_t flag_;
  SplitBehavior behavior_;
};

// Whitespace: runs of word characters and runs of other characters that are not white space.
class WordSplit final : public PreTokenizer {
 public:
  void apply(Pieces& pieces) const override;
};

// The pieces of [span] cut at `matches` (in order, inside it), appended to `out`.
void split_at(const Span& span, const std::vector<Span>& matches, SplitBehavior behavior,
              bool invert, std::vector<Span>& out);

}  // namespace sextant::text
