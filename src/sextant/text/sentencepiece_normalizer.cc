#include "sextant/text/sentencepiece_normalizer.h"

#include "sextant/base/utf8.h"
#include "sextant/text/sentencepiece_vocabulary.h"

namespace sextant::text {

SentencePieceNormalizer::Part SentencePieceNormalizer::next(std::string_view text,
                                                            size_t position) const {
  if (!user_defined_.empty()) {
    if (const size_t length = user_defined_.longest(text, position).length; length > 0) {
      return {text.substr(position, length), length};
    }
  }
  if (!map_.empty()) {
    if (const auto match = map_.longest(text, position); match.length > 0) {
      return {match.result, match.length};
    }
  }
  const CodePoint point = decode_utf8(text, position);
  if (point.valid) {
    return {text.substr(position, point.length), point.length};
  }
  return {options_.keep_invalid ? text.substr(position, 1) : std::string_view("\uFFFD"), 1};
}

void SentencePieceNormalizer::append(std::string_view part, std::string& out) const {
  for (const char c : part) {
    if (c == ' ' && options_.escape_whitespaces) {
      out += kSpaceSymbol;
    } else {
      out.push_back(c);
    }
  }
}

void SentencePieceNormalizer::apply(std::string& text) const {
  const std::string_view source = text;
  const bool trim = options_.remove_extra_whitespaces;
  size_t position = 0;
  while (trim && position < source.size()) {
    const Part part = next(source, position);
    if (part.text != " ") {
      break;
    }
    position += part.length;
  }
  if (position == source.size()) {
    text.clear();
    return;
  }
  std::string out;
  out.reserve(source.size() + source.size() / 2);
  if (options_.add_dummy_prefix && !options_.whitespace_as_suffix) {
    append(" ", out);
  }
  bool after_space = trim;
  while (position < source.size()) {
    Part part = next(source, position);
    position += part.length;
    while (after_space && part.text.starts_with(' ')) {
      part.text.remove_prefix(1);
    }
    append(part.text, out);
    if (!part.text.empty()) {
      after_space = trim && part.text.ends_with(' ');
    }
  }
  const std::string_view space = options_.escape_whitespaces ? kSpaceSymbol : " ";
  while (trim && out.ends_with(space)) {
    out.resize(out.size() - space.size());
  }
  if (options_.add_dummy_prefix && options_.whitespace_as_suffix) {
    append(" ", out);
  }
  text = std::move(out);
}

}  // namespace sextant::text
