#include "sextant/text/unigram.h"

#include <algorithm>
#include <limits>

#include "sextant/base/utf8.h"

namespace sextant::text {

// Fills the best cut that ends at each byte.
template <class Sum>
void Unigram::fill(std::string_view text, std::vector<Node<Sum>>& best) const {
  best.assign(text.size() + 1, Node<Sum>());
  const auto unknown_score = static_cast<Sum>(parts_.unknown_score);
  for (size_t begin = 0; begin < text.size();) {
    const CodePoint point = decode_utf8(text, begin);
    const size_t character = point.valid ? point.length : 1;
    const Sum here = best[begin].score;
    bool covered = false;
    ByteTrie::Node node = ByteTrie::kRoot;
    for (size_t end = begin; end < text.size();) {
      node = parts_.trie.step(node, static_cast<unsigned char>(text[end++]));
      if (node == ByteTrie::kNone) {
        break;
      }
      const int32_t id = parts_.trie.value(node);
      if (id < 0) {
        continue;
      }
      const Sum score = static_cast<Sum>(parts_.scores[static_cast<size_t>(id)]) + here;
      if (best[end].id == kOpen || score > best[end].score) {
        best[end] = {score, static_cast<uint32_t>(begin), id};
      }
      covered |= end - begin == character;
    }
    if (!covered) {
      Node<Sum>& target = best[begin + character];
      const Sum score = unknown_score + here;
      if (target.id == kOpen || score > target.score) {
        target = {score, static_cast<uint32_t>(begin), parts_.unknown};
      }
    }
    begin += character;
  }
}

void Unigram::append_unknown(std::string_view text, bool after_unknown,
                             std::vector<int32_t>& ids) const {
  const auto id_of = [this](char c) { return parts_.bytes[static_cast<unsigned char>(c)]; };
  if (parts_.byte_fallback &&
      std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) >= 0; })) {
    for (const char c : text) {
      ids.push_back(id_of(c));
    }
  } else if (parts_.unknown >= 0 && !after_unknown) {
    ids.push_back(parts_.unknown);
  }
}

template <class Sum>
void Unigram::encode_with(const Pieces& pieces, std::vector<int32_t>& ids) const {
  std::vector<Node<Sum>> best;
  std::vector<uint32_t> ends;
  for (const Span& span : pieces.spans) {
    const std::string_view text = pieces.view(span);
    fill(text, best);
    ends.clear();
    for (auto end = static_cast<uint32_t>(text.size()); end > 0; end = best[end].begin) {
      ends.push_back(end);
    }
    bool after_unknown = false;
    for (size_t i = ends.size(); i-- > 0;) {
      const Node<Sum>& node = best[ends[i]];
      const bool unknown = node.id == parts_.unknown;
      if (unknown) {
        append_unknown(text.substr(node.begin, ends[i] - node.begin), after_unknown, ids);
      } else {
        ids.push_back(node.id);
      }
      after_unknown = unknown;
    }
  }
}

void Unigram::encode(const Pieces& pieces, std::vector<int32_t>& ids) const {
  if (parts_.single_precision) {
    encode_with<float>(pieces, ids);
  } else {
    encode_with<double>(pieces, ids);
  }
}

Result<UnigramParts> unigram_from_sentencepiece(SentencePieceList list, std::string_view what) {
  using Type = SentencePieceVocabulary::PieceType;
  UnigramParts parts;
  parts.byte_fallback = list.byte_fallback;
  parts.single_precision = true;
  float lowest = std::numeric_limits<float>::max();
  // The library begins with the smallest positive number, so that negative scores count as none.
  float highest = std::numeric_limits<float>::min();
  for (size_t i = 0; i < list.texts.size(); ++i) {
    if (list.types[i] == Type::kNormal) {
      lowest = std::min(lowest, list.scores[i]);
      highest = std::max(highest, list.scores[i]);
    }
  }
  parts.unknown_score = lowest - static_cast<float>(kUnknownPenalty);
  parts.scores.reserve(list.texts.size());
  std::vector<ByteTrie::Entry> keys;
  keys.reserve(list.texts.size());
  for (size_t i = 0; i < list.texts.size(); ++i) {
    const std::string_view text = list.texts[i];
    // A user-defined symbol gets a bonus that makes it win over any cut of its text.
    parts.scores.push_back(list.types[i] == Type::kUserDefined
                               ? static_cast<float>(text.size()) * highest - 0.1
                               : list.scores[i]);
    if (list.types[i] == Type::kNormal || list.types[i] == Type::kUserDefined) {
      keys.push_back({text, static_cast<int32_t>(i)});
    }
  }
  SEXTANT_TRY(parts.trie, ByteTrie::build(keys, what));
  keys = {};
  SEXTANT_TRY(const auto vocabulary, SentencePieceVocabulary::build(std::move(list), what));
  parts.unknown = vocabulary.unknown();
  parts.bytes = vocabulary.byte_ids();
  parts.vocabulary = vocabulary.pieces();
  return parts;
}

}  // namespace sextant::text
