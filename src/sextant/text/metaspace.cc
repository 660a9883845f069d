#include "sextant/text/metaspace.h"

#include <algorithm>

namespace sextant::text {

void Metaspace::apply(Pieces& pieces) const {
  std::string text;
  text.reserve(pieces.text.size() + pieces.text.size() / 2);
  std::vector<Span> spans;
  for (const Span& span : pieces.spans) {
    const size_t begin = text.size();
    const std::string_view source = pieces.view(span);
    const bool wanted = prepend_ == Prepend::kAlways ||
                        (prepend_ == Prepend::kFirst && pieces.at_start && span.begin == 0);
    if (wanted && !source.starts_with(' ') && !source.starts_with(replacement_)) {
      text += replacement_;
    }
    for (const char c : source) {
      if (c == ' ') {
        text += replacement_;
      } else {
        text.push_back(c);
      }
    }
    size_t piece = begin;
    while (split_ && piece < text.size()) {
      const size_t next = std::min(text.find(replacement_, piece + 1), text.size());
      spans.push_back({piece, next});
      piece = next;
    }
    if (piece < text.size()) {
      spans.push_back({piece, text.size()});
    }
  }
  pieces.text = std::move(text);
  pieces.spans = std::move(spans);
}

}  // namespace sextant::text
