// Second stage: cuts normalised text into the pieces that the model sees one by one.
//
// Immutable and thread-safe. A pre-tokeniser refines the pieces of the one before it; it may also
// rewrite the text (the prefix space of ByteLevel, the "▁" of Metaspace) and drop stretches.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::text {

struct Span {
  size_t begin;
  size_t end;

  bool operator==(const Span&) const = default;
};

// A stretch of text between added tokens and its pieces: not empty, in order, not overlapping;
// bytes outside every span have been dropped.
struct Pieces {
  std::string text;
  std::vector<Span> spans;
  bool at_start = true;  // the stretch begins the input: no added token stands before it

  std::string_view view(const Span& span) const {
    return std::string_view(text).substr(span.begin, span.end - span.begin);
  }
};

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;

  virtual void apply(Pieces& pieces) const = 0;
};

using PreTokenizers = std::vector<std::unique_ptr<PreTokenizer>>;  // applied in order

}  // namespace sextant::text
