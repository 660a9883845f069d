// The split patterns of the well-known byte-level tokenizers, written out by hand: about twenty
// times as fast as a regular expression engine. Patterns that are not known go to regex.h.
//
// Pure functions; thread-safe; linear time.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "sextant/text/pre_tokenizer.h"

namespace sextant::text {

enum class SplitPattern {
  kGpt2,
  kLlama3,  // numbers in groups of three
  kQwen2,   // numbers digit by digit
};

// The pattern whose exact text this is.
std::optional<SplitPattern> known_pattern(std::string_view regex);

// Appends the pieces of `text`, which begins at `offset` of the whole, one after another without
// gaps: every character belongs to a match of these patterns.
void scan(SplitPattern pattern, std::string_view text, size_t offset, std::vector<Span>& out);

}  // namespace sextant::text
