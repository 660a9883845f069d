#include "sextant/text/splitters.h"

#include <algorithm>
#include <utility>

#include "sextant/base/utf8.h"
#include "sextant/text/unicode.h"

namespace sextant::text {
namespace {

struct Part {
  Span span;
  bool is_match;
};

// The whole span as matches and what lies between them, in order, without empty gaps.
std::vector<Part> parts_of(const Span& span, const std::vector<Span>& matches, bool invert) {
  std::vector<Part> parts;
  size_t position = span.begin;
  for (const Span& match : matches) {
    if (match.begin > position) {
      parts.push_back({{position, match.begin}, invert});
    }
    parts.push_back({match, !invert});
    position = match.end;
  }
  if (position < span.end) {
    parts.push_back({{position, span.end}, invert});
  }
  return parts;
}

// Joins each part to its neighbour where `joins(part is a match, neighbour is one)`.
template <class Joins>
void merge_with_previous(const std::vector<Part>& parts, Joins joins, std::vector<Span>& out) {
  bool previous_match = false;
  bool open = false;
  for (const Part& part : parts) {
    if (open && joins(part.is_match, previous_match)) {
      out.back().end = part.span.end;
    } else {
      out.push_back(part.span);
      open = true;
    }
    previous_match = part.is_match;
  }
}

// As the reference does it: from right to left, the begin of the part on the right moves.
void merge_with_next(const std::vector<Part>& parts, std::vector<Span>& out) {
  const auto first = static_cast<std::ptrdiff_t>(out.size());
  bool previous_match = false;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    const bool open = static_cast<std::ptrdiff_t>(out.size()) > first;
    if (open && part->is_match && !previous_match) {
      out.back().begin = part->span.begin;
    } else {
      out.push_back(part->span);
    }
    previous_match = part->is_match;
  }
  std::reverse(out.begin() + first, out.end());
}

}  // namespace

void split_at(const Span& span, const std::vector<Span>& matches, SplitBehavior behavior,
              bool invert, std::vector<Span>& out) {
  const std::vector<Part> parts = parts_of(span, matches, invert);
  const size_t first = out.size();
  switch (behavior) {
    case SplitBehavior::kIsolated:
    case SplitBehavior::kRemoved:
      for (const Part& part : parts) {
        if (behavior == SplitBehavior::kIsolated || !part.is_match) {
          out.push_back(part.span);
        }
      }
      break;
    case SplitBehavior::kMergedPrevious:
      merge_with_previous(parts, [](bool match, bool previous) { return match && !previous; }, out);
      break;
    case SplitBehavior::kMergedNext:
      merge_with_next(parts, out);
      break;
    case SplitBehavior::kContiguous:
      merge_with_previous(parts, [](bool match, bool previous) { return match == previous; }, out);
      break;
  }
  // Empty matches cut, but leave no piece of their own.
  out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                           [](const Span& piece) { return piece.begin == piece.end; }),
            out.end());
}

void Split::apply(Pieces& pieces) const {
  std::vector<Span> out;
  Regex::Session session = regex_.session(pieces.text.size());
  for (const Span& span : pieces.spans) {
    std::vector<Span> matches = regex_.find_all(pieces.view(span), session);
    for (Span& match : matches) {
      match = {match.begin + span.begin, match.end + span.begin};
    }
    split_at(span, matches, behavior_, invert_, out);
  }
  pieces.spans = std::move(out);
}

void ScannerSplit::apply(Pieces& pieces) const {
  std::vector<Span> out;
  out.reserve(pieces.text.size() / 5);  // about as many as pieces of English
  for (const Span& span : pieces.spans) {
    scan(pattern_, pieces.view(span), span.begin, out);
  }
  pieces.spans = std::move(out);
}

void ByteLevel::apply(Pieces& pieces) const {
  if (add_prefix_space_) {
    Pieces spaced{.text = {}, .spans = {}, .at_start = pieces.at_start};
    spaced.text.reserve(pieces.text.size() + pieces.spans.size());
    spaced.spans.reserve(pieces.spans.size());
    for (const Span& span : pieces.spans) {
      const size_t begin = spaced.text.size();
      if (pieces.text[span.begin] != ' ') {
        spaced.text.push_back(' ');
      }
      spaced.text.append(pieces.view(span));
      spaced.spans.push_back({begin, spaced.text.size()});
    }
    pieces = std::move(spaced);
  }
  if (use_regex_) {
    ScannerSplit(SplitPattern::kGpt2).apply(pieces);
  }
}

void ClassSplit::apply(Pieces& pieces) const {
  const ClassTable table = class_table();
  std::vector<Span> out, matches;
  for (const Span& span : pieces.spans) {
    const std::string_view text = pieces.view(span);
    matches.clear();
    for (size_t position = 0; position < text.size();) {
      const CodePoint code = decode_utf8(text, position);
      if ((table[code.value] & flag_) != 0) {
        matches.push_back({span.begin + position, span.begin + position + code.length});
      }
      position += code.length;
    }
    split_at(span, matches, behavior_, false, out);
  }
  pieces.spans = std::move(out);
}

void WordSplit::apply(Pieces& pieces) const {
  const ClassTable table = class_table();
  const auto kind = [&table](uint32_t code) {
    return table[code] & (char_class::kWord | char_class::kSpace);
  };
  std::vector<Span> out;
  for (const Span& span : pieces.spans) {
    int previous = char_class::kSpace;
    for (size_t position = span.begin; position < span.end;) {
      const CodePoint code =
          decode_utf8(std::string_view(pieces.text).substr(0, span.end), position);
      const int now = kind(code.value);
      if ((now & char_class::kSpace) == 0) {
        if (now == previous) {
          out.back().end = position + code.length;
        } else {
          out.push_back({position, position + code.length});
        }
      }
      previous = now;
      position += code.length;
    }
  }
  pieces.spans = std::move(out);
}

}  // namespace sextant::text
