#include "sextant/text/byte_bpe.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "sextant/text/byte_alphabet.h"
#include "sextant/text/hash.h"

namespace sextant::text {
namespace {

constexpr size_t kInline = 8;  // bytes that a slot of ByteIndex holds itself

}  // namespace

ByteIndex::ByteIndex(int32_t size, const std::function<std::string(int32_t)>& bytes)
    : slots_(std::bit_ceil(static_cast<size_t>(size) + static_cast<size_t>(size) / 4 + 2),
             Slot{0, 0, -1}),
      mask_(slots_.size() - 1),
      key_(process_key()) {
  long_begins_.reserve(static_cast<size_t>(size));
  for (int32_t id = 0; id < size; ++id) {
    const std::string entry = bytes(id);
    long_begins_.push_back(static_cast<uint32_t>(long_bytes_.size()));
    if (entry.empty()) {
      continue;
    }
    const uint64_t hash = hash_bytes(entry, key_);
    const uint64_t key = entry.size() <= kInline ? load_word(entry.data(), entry.size()) : hash;
    if (entry.size() > kInline) {
      long_bytes_.append(entry);
    }
    size_t slot = hash & mask_;
    while (slots_[slot].size != 0 && find(entry) != slots_[slot].id) {
      slot = (slot + 1) & mask_;
    }
    slots_[slot] = {key, static_cast<uint32_t>(entry.size()), id};
  }
}

int32_t ByteIndex::find(std::string_view bytes) const {
  if (bytes.empty() || slots_.empty()) {
    return -1;
  }
  const uint64_t hash = hash_bytes(bytes, key_);
  const bool is_short = bytes.size() <= kInline;
  const uint64_t key = is_short ? load_word(bytes.data(), bytes.size()) : hash;
  for (size_t slot = hash & mask_; slots_[slot].size != 0; slot = (slot + 1) & mask_) {
    const Slot& entry = slots_[slot];
    if (entry.key == key && entry.size == bytes.size() &&
        (is_short ||
         std::string_view(long_bytes_)
                 .substr(long_begins_[static_cast<size_t>(entry.id)], entry.size) == bytes)) {
      return entry.id;
    }
  }
  return -1;
}

// Memory of one encode() call.
struct ByteBpe::Work {
  std::vector<int32_t> symbols;
  BpeMerges::Scratch scratch;
};

ByteBpe::ByteBpe(Vocabulary vocabulary, BpeMerges merges, const ByteBpeOptions& options)
    : vocabulary_(std::move(vocabulary)), merges_(std::move(merges)), options_(options) {
  index_ = ByteIndex(vocabulary_.size(), [this](int32_t id) {
    return bytes_of_letters(vocabulary_.piece(id)).value_or("");
  });
  for (size_t byte = 0; byte < symbol_of_byte_.size(); ++byte) {
    const char one = static_cast<char>(byte);
    symbol_of_byte_[byte] = index_.find(std::string_view(&one, 1));
  }
  states_ = std::make_unique<std::atomic<uint8_t>[]>(
      static_cast<size_t>(vocabulary_.size()));  // all kUntried
}

bool ByteBpe::lacks_bytes() const {
  return std::any_of(symbol_of_byte_.begin(), symbol_of_byte_.end(),
                     [](int32_t id) { return id < 0; });
}

void ByteBpe::encode(const Pieces& pieces, std::vector<int32_t>& ids) const {
  Work work;
  for (const Span& span : pieces.spans) {
    encode_piece(pieces.view(span), work, ids);
  }
}

void ByteBpe::encode_piece(std::string_view piece, Work& work, std::vector<int32_t>& ids) const {
  const int32_t whole = index_.find(piece);
  if (whole >= 0) {
    std::atomic<uint8_t>& state = states_[static_cast<size_t>(whole)];
    uint8_t known =
        options_.ignore_merges ? uint8_t{kWhole} : state.load(std::memory_order_relaxed);
    if (known == kUntried) {
      merge_piece(piece, work);
      known = work.symbols.size() == 1 && work.symbols[0] == whole ? kWhole : kDivided;
      state.store(known, std::memory_order_relaxed);
    }
    if (known == kWhole) {
      ids.push_back(whole);
      return;
    }
  }
  merge_piece(piece, work);
  ids.insert(ids.end(), work.symbols.begin(), work.symbols.end());
}

void ByteBpe::merge_piece(std::string_view piece, Work& work) const {
  work.symbols.clear();
  bool after_unknown = false;
  for (const char byte : piece) {
    const int32_t symbol = symbol_of_byte_[static_cast<uint8_t>(byte)];
    if (symbol >= 0) {
      work.symbols.push_back(symbol);
    } else if (options_.unknown && !(after_unknown && options_.fuse_unknown)) {
      work.symbols.push_back(*options_.unknown);
    }
    after_unknown = symbol < 0;
  }
  merges_.merge(work.symbols, work.scratch);
}

}  // namespace sextant::text
