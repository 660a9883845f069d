#include "sextant/text/decode_table.h"

#include <algorithm>
#include <cstring>

namespace sextant::text {
namespace {

// How a slot names bytes that lie elsewhere.
struct Place {
  uint32_t begin;
  uint32_t size;
};

}  // namespace

DecodeTable::DecodeTable(int32_t size, const std::function<Entry(int32_t)>& entry)
    : slots_(static_cast<size_t>(size)) {
  for (int32_t id = 0; id < size; ++id) {
    const Entry one = entry(id);
    Slot& slot = slots_[static_cast<size_t>(id)];
    if (one.bytes.size() <= kInline) {
      std::copy(one.bytes.begin(), one.bytes.end(), slot.bytes.begin());
      slot.size = static_cast<uint8_t>(one.bytes.size());
    } else {
      const Place place{static_cast<uint32_t>(long_.size()),
                        static_cast<uint32_t>(one.bytes.size())};
      std::memcpy(slot.bytes.data(), &place, sizeof(place));
      slot.size = kLong;
      long_.append(one.bytes);
    }
    slot.size |= one.special ? kSpecial : 0;
  }
}

std::string_view DecodeTable::bytes(int32_t id) const {
  if (!contains(id)) {
    return {};
  }
  const Slot& entry = slot(id);
  if ((entry.size & kLong) == 0) {
    return {entry.bytes.data(), size_t{entry.size} & kInline};
  }
  Place place;
  std::memcpy(&place, entry.bytes.data(), sizeof(place));
  return std::string_view(long_).substr(place.begin, place.size);
}

void DecodeTable::append(std::span<const int32_t> ids, bool keep_special, std::string& text) const {
  // Room for a whole slot is kept behind what is used, and cut off at the end.
  size_t used = text.size();
  text.resize(used + 5 * ids.size() + sizeof(Slot));
  for (const int32_t id : ids) {
    if (!contains(id)) {
      continue;
    }
    const Slot& entry = slot(id);
    if (entry.size <= kInline) {
      if (used + sizeof(Slot) > text.size()) {
        text.resize(2 * text.size());
      }
      std::memcpy(text.data() + used, &entry, sizeof(Slot));
      used += entry.size;
    } else if (keep_special || (entry.size & kSpecial) == 0) {
      const std::string_view added = bytes(id);
      if (used + added.size() + sizeof(Slot) > text.size()) {
        text.resize(2 * text.size() + added.size());
      }
      std::memcpy(text.data() + used, added.data(), added.size());
      used += added.size();
    }
  }
  text.resize(used);
}

}  // namespace sextant::text
