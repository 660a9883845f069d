#include "sextant/text/sentencepiece_bpe.h"

#include <algorithm>
#include <unordered_map>

#include "sextant/base/utf8.h"

namespace sextant::text {

struct SentencePieceBpe::Working {
  struct Symbol {
    uint32_t begin;
    uint32_t size;  // 0: merged into the one before it
    int32_t previous;
    int32_t next;
    bool frozen;  // a user-defined symbol
  };
  struct Candidate {
    uint32_t rank;
    int32_t left;
    uint32_t size;  // of both symbols when it was found; another size now: out of date

    // The heap's top is its largest: the lowest rank, then the leftmost.
    bool operator<(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };

  std::vector<Symbol> symbols;
  std::vector<Candidate> heap;
  // How an unused piece was last put together: the size of its left half.
  std::unordered_map<int32_t, uint32_t> halves;
  std::vector<std::pair<uint32_t, uint32_t>> stack;
  bool after_unknown = false;
};

SentencePieceBpe::SentencePieceBpe(SentencePieceVocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)) {
  const auto count = static_cast<size_t>(size());
  std::vector<int32_t> order(count);
  for (size_t i = 0; i < count; ++i) {
    order[i] = static_cast<int32_t>(i);
  }
  std::sort(order.begin(), order.end(),
            [this](int32_t a, int32_t b) { return vocabulary_.score(a) > vocabulary_.score(b); });
  ranks_.resize(count);
  uint32_t rank = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0 && vocabulary_.score(order[i]) != vocabulary_.score(order[i - 1])) {
      ++rank;
    }
    ranks_[static_cast<size_t>(order[i])] = rank;
  }
  for (int32_t id = 0; id < size(); ++id) {
    if (vocabulary_.is_text(id)) {
      has_unused_ |= vocabulary_.type(id) == SentencePieceVocabulary::PieceType::kUnused;
      by_word_ &= !has_inner_space(piece(id));
    }
  }
  // What an unused piece falls apart into may depend on words before it.
  by_word_ &= !has_unused_;
}

void SentencePieceBpe::cut(std::string_view text, Working& work) const {
  work.symbols.clear();
  size_t position = 0;
  while (position < text.size()) {
    size_t length = vocabulary_.user_defined().longest(text, position).length;
    const bool frozen = length > 0;
    if (!frozen) {
      const CodePoint point = decode_utf8(text, position);
      length = point.valid ? point.length : 1;
    }
    const auto index = static_cast<int32_t>(work.symbols.size());
    work.symbols.push_back({static_cast<uint32_t>(position), static_cast<uint32_t>(length),
                            index - 1, index + 1, frozen});
    position += length;
  }
  work.symbols.back().next = -1;
}

void SentencePieceBpe::add_pair(std::string_view text, Working& work, int32_t left) const {
  if (left < 0) {
    return;
  }
  const Working::Symbol& first = work.symbols[static_cast<size_t>(left)];
  if (first.next < 0 || first.frozen) {
    return;
  }
  const Working::Symbol& second = work.symbols[static_cast<size_t>(first.next)];
  const uint32_t size = first.size + second.size;
  if (second.frozen || size > vocabulary_.longest_piece()) {
    return;
  }
  const std::optional<int32_t> id = find(text.substr(first.begin, size));
  if (!id || !vocabulary_.is_text(*id)) {
    return;
  }
  work.heap.push_back({ranks_[static_cast<size_t>(*id)], left, size});
  std::push_heap(work.heap.begin(), work.heap.end());
  if (has_unused_ && vocabulary_.type(*id) == SentencePieceVocabulary::PieceType::kUnused) {
    work.halves[*id] = first.size;
  }
}

// Unknown stretches become bytes, or one unknown id a run.
void SentencePieceBpe::add_id(std::string_view text, int32_t id, bool& after_unknown,
                              std::vector<int32_t>& ids) const {
  const bool unknown = id == vocabulary_.unknown();
  if (unknown && vocabulary_.byte_fallback()) {
    for (const char c : text) {
      ids.push_back(vocabulary_.byte_ids()[static_cast<unsigned char>(c)]);
    }
  } else if (!unknown || !after_unknown) {
    ids.push_back(id);
  }
  after_unknown = unknown;
}

// Appends the id of a finished symbol; an unused piece falls apart into what it was made of.
void SentencePieceBpe::append(std::string_view text, Working& work, uint32_t begin, uint32_t size,
                              std::vector<int32_t>& ids) const {
  work.stack = {{begin, size}};
  while (!work.stack.empty()) {
    const auto [from, length] = work.stack.back();
    work.stack.pop_back();
    const std::string_view piece = text.substr(from, length);
    const int32_t id = find(piece).value_or(vocabulary_.unknown());
    const auto half =
        has_unused_ && vocabulary_.type(id) == SentencePieceVocabulary::PieceType::kUnused
            ? work.halves.find(id)
            : work.halves.end();
    if (half == work.halves.end()) {
      add_id(piece, id, work.after_unknown, ids);
    } else {
      work.stack.push_back({from + half->second, length - half->second});
      work.stack.push_back({from, half->second});
    }
  }
}

void SentencePieceBpe::encode_word(std::string_view text, Working& work,
                                   std::vector<int32_t>& ids) const {
  cut(text, work);
  work.heap.clear();
  for (size_t i = 0; i + 1 < work.symbols.size(); ++i) {
    add_pair(text, work, static_cast<int32_t>(i));
  }
  while (!work.heap.empty()) {
    const Working::Candidate top = work.heap.front();
    std::pop_heap(work.heap.begin(), work.heap.end());
    work.heap.pop_back();
    Working::Symbol& left = work.symbols[static_cast<size_t>(top.left)];
    if (left.size == 0 || left.next < 0) {
      continue;
    }
    Working::Symbol& right = work.symbols[static_cast<size_t>(left.next)];
    if (left.size + right.size != top.size) {
      continue;
    }
    left.size = top.size;
    left.next = right.next;
    right.size = 0;
    if (left.next >= 0) {
      work.symbols[static_cast<size_t>(left.next)].previous = top.left;
    }
    add_pair(text, work, left.previous);
    add_pair(text, work, top.left);
  }
  for (int32_t i = 0; i >= 0; i = work.symbols[static_cast<size_t>(i)].next) {
    const Working::Symbol& symbol = work.symbols[static_cast<size_t>(i)];
    append(text, work, symbol.begin, symbol.size, ids);
  }
}

void SentencePieceBpe::encode(const Pieces& pieces, std::vector<int32_t>& ids) const {
  Working work;
  for (const Span& span : pieces.spans) {
    const std::string_view text = pieces.view(span);
    work.after_unknown = false;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = by_word_ ? space_word_end(text, begin) : text.size();
      encode_word(text.substr(begin, end - begin), work, ids);
      begin = end;
    }
  }
}

}  // namespace sextant::text
