// What each id of a vocabulary adds to a text behind others, for decoding at the speed of copying.
//
// Immutable and thread-safe. Memory: 16 bytes an id, and the bytes of entries of more than 15.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::text {

class DecodeTable {
 public:
  struct Entry {
    std::string bytes;
    bool special;
  };

  DecodeTable() = default;
  // `entry` gives ids 0 .. size - 1, once each in order.
  DecodeTable(int32_t size, const std::function<Entry(int32_t)>& entry);

  bool contains(int32_t id) const { return id >= 0 && static_cast<size_t>(id) < slots_.size(); }
  bool is_special(int32_t id) const { return contains(id) && (slot(id).size & kSpecial) != 0; }
  // Empty for ids outside.
  std::string_view bytes(int32_t id) const;

  // Appends the bytes of `ids`, of special ones only where they are kept.
  void append(std::span<const int32_t> ids, bool keep_special, std::string& text) const;

 private:
  static constexpr size_t kInline = 15;
  static constexpr uint8_t kLong = 16;     // the bytes lie in long_: place and size in `bytes`
  static constexpr uint8_t kSpecial = 32;  // flag beside the size

  // Of a size that is copied in one go, needed or not.
  struct Slot {
    std::array<char, kInline> bytes{};
    uint8_t size = 0;
  };
  static_assert(sizeof(Slot) == 16);

  const Slot& slot(int32_t id) const { return slots_[static_cast<size_t>(id)]; }

  std::vector<Slot> slots_;
  std::string long_;
};

}  // namespace sextant::text
