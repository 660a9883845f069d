#include "sextant/text/wordpiece.h"

#include <algorithm>

namespace sextant::text {
namespace {

bool is_longer(std::string_view word, size_t characters) {
  if (word.size() <= characters) {
    return false;
  }
  const auto leads = std::count_if(word.begin(), word.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  return static_cast<size_t>(leads) > characters;
}

}  // namespace

void WordPiece::encode(const Pieces& pieces, std::vector<int32_t>& ids) const {
  for (const Span& span : pieces.spans) {
    const std::string_view word = pieces.view(span);
    const size_t before = ids.size();
    bool known = !is_longer(word, parts_.max_characters);
    for (size_t position = 0; known && position < word.size();) {
      const ByteTrie& trie = position == 0 ? parts_.first : parts_.inside;
      const ByteTrie::Match match = trie.longest(word, position);
      known = match.length > 0;
      ids.push_back(match.value);
      position += match.length;
    }
    if (!known) {
      ids.resize(before);
      if (parts_.unknown) {
        ids.push_back(*parts_.unknown);
      }
    }
  }
}

}  // namespace sextant::text
