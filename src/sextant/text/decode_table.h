// What each id of a vocabulary adds to a text behind others, for decoding at the speed of copying.
//
// Immutable and thread-safe. Memory: the bytes and 4 bytes an id.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/text/decoder.h"

namespace sextant::text {

class DecodeTable {
 public:
  DecodeTable() = default;
  // `piece` gives the written form of ids 0 .. size - 1.
  DecodeTable(int32_t size, const Decoders& decoders,
              const std::function<std::string_view(int32_t)>& piece);

  bool contains(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) + 1 < begins_.size();
  }
  // Empty for ids outside.
  std::string_view behind(int32_t id) const {
    if (!contains(id)) {
      return {};
    }
    const uint32_t* begin = &begins_[static_cast<size_t>(id)];
    return {bytes_.data() + begin[0], begin[1] - begin[0]};
  }
  void append(int32_t id, std::string& text) const { text.append(behind(id)); }

 private:
  std::string bytes_;
  std::vector<uint32_t> begins_;  // and one end
};

}  // namespace sextant::text
