#include "sextant/text/piece_decoders.h"

#include <string_view>

#include "sextant/text/sentencepiece_vocabulary.h"

namespace sextant::text {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) {
    return;
  }
  for (size_t i = 0; (i = text.find(from, i)) != std::string::npos; i += to.size()) {
    text.replace(i, from.size(), to);
  }
}

}  // namespace

void SentencePieceDecoder::apply(std::string& token, bool first) const {
  if (const int byte = byte_of_piece(token); byte >= 0) {
    token.assign(1, static_cast<char>(byte));
    return;
  }
  replace_all(token, kSpaceSymbol, " ");
  if (first && strip_first_ && token.starts_with(' ')) {
    token.erase(0, 1);
  }
}

void MetaspaceDecoder::apply(std::string& token, bool first) const {
  replace_all(token, mark_, first && strip_first_ ? "" : " ");
}

void ByteFallbackDecoder::apply(std::string& token, bool) const {
  if (const int byte = byte_of_piece(token); byte >= 0) {
    token.assign(1, static_cast<char>(byte));
  }
}

void StripDecoder::apply(std::string& token, bool first) const {
  const std::string& character = options_.character;
  if (!options_.text_only || first) {
    for (size_t i = 0; i < options_.at_start && token.starts_with(character); ++i) {
      token.erase(0, character.size());
    }
  }
  for (size_t i = 0; !options_.text_only && i < options_.at_end && token.ends_with(character);
       ++i) {
    token.resize(token.size() - character.size());
  }
}

void ReplaceDecoder::apply(std::string& token, bool) const { replace_.apply(token); }

void WordPieceDecoder::apply(std::string& token, bool first) const {
  if (!first) {
    if (!mark_.empty() && token.starts_with(mark_)) {
      token.erase(0, mark_.size());
    } else {
      token.insert(0, " ");
    }
  }
  if (cleanup_) {
    constexpr std::string_view kRules[][2] = {
        {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
        {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
        {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (const auto& rule : kRules) {
      replace_all(token, rule[0], rule[1]);
    }
  }
}

void SuffixDecoder::apply(std::string& token, bool) const { replace_all(token, suffix_, " "); }

}  // namespace sextant::text
