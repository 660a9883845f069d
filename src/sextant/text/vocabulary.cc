#include "sextant/text/vocabulary.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "sextant/text/hash.h"

namespace sextant::text {
Result<Vocabulary> Vocabulary::build(std::span<const Entry> entries, std::string_view what) {
  Vocabulary out;
  int64_t top = -1;
  for (const Entry& entry : entries) {
    if (entry.id < 0 || entry.id >= kMaxVocabulary) {
      return fail(ErrorCode::kOutOfRange,
                  "[text/vocabulary] {}: entry \"{}\": expected an id of 0 to {}, found {}", what,
                  entry.piece.substr(0, 80), kMaxVocabulary - 1, entry.id);
    }
    top = std::max(top, entry.id);
  }
  // A file of few entries and one huge id would make a table of holes out of nothing.
  if (top >= 65536 && top / 2 > static_cast<int64_t>(entries.size())) {
    return fail(ErrorCode::kOutOfRange,
                "[text/vocabulary] {}: expected ids without large gaps, found {} entries and id {}",
                what, entries.size(), top);
  }
  std::vector<const Entry*> by_id(static_cast<size_t>(top + 1), nullptr);
  for (const Entry& entry : entries) {
    const Entry*& place = by_id[static_cast<size_t>(entry.id)];
    if (place != nullptr) {
      return fail(ErrorCode::kDataLoss,
                  "[text/vocabulary] {}: expected each id once, found {} for \"{}\" and \"{}\"",
                  what, entry.id, place->piece.substr(0, 80), entry.piece.substr(0, 80));
    }
    place = &entry;
  }
  out.ends_.reserve(by_id.size());
  for (const Entry* entry : by_id) {
    if (entry != nullptr) {
      out.bytes_.append(entry->piece);
    }
    out.ends_.push_back(static_cast<uint32_t>(out.bytes_.size()));
  }
  out.index();
  for (const Entry& entry : entries) {
    if (!entry.piece.empty() && out.find(entry.piece) != entry.id) {
      return fail(ErrorCode::kDataLoss,
                  "[text/vocabulary] {}: expected each entry once, found \"{}\" twice", what,
                  entry.piece.substr(0, 80));
    }
  }
  return out;
}

Result<Vocabulary> Vocabulary::from_list(std::span<const std::string> pieces,
                                         std::string_view what) {
  const std::vector<std::string_view> views(pieces.begin(), pieces.end());
  return from_list(views, what);
}

Result<Vocabulary> Vocabulary::from_list(std::span<const std::string_view> pieces,
                                         std::string_view what) {
  if (pieces.size() > static_cast<size_t>(kMaxVocabulary)) {
    return fail(ErrorCode::kOutOfRange,
                "[text/vocabulary] {}: expected at most {} entries, found {}", what, kMaxVocabulary,
                pieces.size());
  }
  Vocabulary out;
  out.ends_.reserve(pieces.size());
  for (const std::string_view piece : pieces) {
    if (piece.size() > std::numeric_limits<uint32_t>::max() - out.bytes_.size()) {
      return fail(ErrorCode::kOutOfRange,
                  "[text/vocabulary] {}: expected entries of less than 4 GB together", what);
    }
    out.bytes_.append(piece);
    out.ends_.push_back(static_cast<uint32_t>(out.bytes_.size()));
  }
  out.index();
  return out;
}

std::string_view Vocabulary::piece(int32_t id) const {
  if (id < 0 || id >= size()) {
    return {};
  }
  const uint32_t begin = id == 0 ? 0 : ends_[static_cast<size_t>(id) - 1];
  return std::string_view(bytes_).substr(begin, ends_[static_cast<size_t>(id)] - begin);
}

std::optional<int32_t> Vocabulary::find(std::string_view wanted) const {
  if (wanted.empty() || slots_.empty()) {
    return std::nullopt;
  }
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash_bytes(wanted, key_) & mask; slots_[slot] >= 0; slot = (slot + 1) & mask) {
    if (piece(slots_[slot]) == wanted) {
      return slots_[slot];
    }
  }
  return std::nullopt;
}

void Vocabulary::index() {
  key_ = process_key();
  slots_.assign(std::bit_ceil(2 * ends_.size() + 2), -1);
  const size_t mask = slots_.size() - 1;
  for (int32_t id = 0; id < size(); ++id) {
    const std::string_view entry = piece(id);
    if (entry.empty()) {
      continue;
    }
    size_t slot = hash_bytes(entry, key_) & mask;
    while (slots_[slot] >= 0 && piece(slots_[slot]) != entry) {
      slot = (slot + 1) & mask;
    }
    slots_[slot] = id;
  }
}

}  // namespace sextant::text
