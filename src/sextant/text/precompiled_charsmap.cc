#include "sextant/text/precompiled_charsmap.h"

#include <utf8proc.h>

#include <bit>
#include <cstring>

#include "sextant/base/utf8.h"

namespace sextant::text {
namespace {

// The fields of a unit of the double array.
uint32_t label_of(uint32_t unit) { return unit & (1u << 31 | 0xFFu); }
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t offset_of(uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); }
uint32_t value_of(uint32_t unit) { return unit & ~(1u << 31); }

// No rule of a real map is longer than a few characters; a made-up cyclic trie would otherwise
// make matching quadratic.
constexpr size_t kMaxRuleBytes = 256;

// Nor does one give more than a few dozen bytes; a made-up one could make gigabytes of a line.
constexpr size_t kMaxResultBytes = 64;

// Clusters of this many bytes and more are taken character by character, as the reference does.
constexpr size_t kLongCluster = 6;

uint32_t read_u32(const char* bytes) {
  uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}
static_assert(std::endian::native == std::endian::little, "the format is little-endian");

// Byte after the grapheme cluster that begins at `position`.
size_t cluster_end(std::string_view text, size_t position) {
  CodePoint left = decode_utf8(text, position);
  utf8proc_int32_t state = 0;
  position += left.length;
  while (position < text.size()) {
    const CodePoint right = decode_utf8(text, position);
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(left.value),
                                         static_cast<utf8proc_int32_t>(right.value), &state)) {
      break;
    }
    position += right.length;
    left = right;
  }
  return position;
}

}  // namespace

Result<PrecompiledCharsmap> PrecompiledCharsmap::parse(std::string_view blob) {
  PrecompiledCharsmap map;
  if (blob.empty()) {
    return map;
  }
  const size_t trie_bytes = blob.size() < 4 ? 0 : read_u32(blob.data());
  if (blob.size() < 4 || trie_bytes == 0 || trie_bytes % 4 != 0 || trie_bytes > blob.size() - 4) {
    return fail(ErrorCode::kDataLoss,
                "[text/charsmap] trie: expected a multiple of 4 bytes that fits {}, found {}",
                blob.size(), trie_bytes);
  }
  map.units_.resize(trie_bytes / 4);
  std::memcpy(map.units_.data(), blob.data() + 4, trie_bytes);
  map.results_ = blob.substr(4 + trie_bytes);
  return map;
}

PrecompiledCharsmap::Match PrecompiledCharsmap::longest(std::string_view text,
                                                        size_t position) const {
  return find(text, position, false);
}

PrecompiledCharsmap::Match PrecompiledCharsmap::shortest(std::string_view text,
                                                         size_t position) const {
  return find(text, position, true);
}

PrecompiledCharsmap::Match PrecompiledCharsmap::find(std::string_view text, size_t position,
                                                     bool stop_at_first) const {
  Match match;
  if (units_.empty()) {
    return match;
  }
  size_t node = offset_of(units_[0]);
  const size_t end = std::min(text.size(), position + kMaxRuleBytes);
  for (size_t i = position; i < end; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    node ^= byte;
    if (node >= units_.size() || label_of(units_[node]) != byte) {
      break;
    }
    const uint32_t unit = units_[node];
    node ^= offset_of(unit);
    if (!has_leaf(unit) || node >= units_.size()) {
      continue;
    }
    const size_t begin = value_of(units_[node]);
    if (begin < results_.size()) {
      const std::string_view rest = std::string_view(results_).substr(begin, kMaxResultBytes);
      match = {i + 1 - position, rest.substr(0, rest.find('\0'))};
      if (stop_at_first) {
        break;
      }
    }
  }
  return match;
}

void PrecompiledNormalizer::apply(std::string& text) const {
  const std::string_view source = text;
  std::string out;
  out.reserve(text.size());
  // Appends what the rule for a part gives, if there is one. The reference's search ends at a NUL.
  const auto add_rule = [&](size_t begin, size_t end) {
    if (source[begin] == '\0') {
      return false;
    }
    const PrecompiledCharsmap::Match match = map_.shortest(source.substr(0, end), begin);
    out += match.result;
    return match.length > 0;
  };
  for (size_t begin = 0; begin < source.size();) {
    const size_t end = cluster_end(source, begin);
    if (end - begin >= kLongCluster || !add_rule(begin, end)) {
      for (size_t i = begin; i < end;) {
        const size_t next = i + decode_utf8(source, i).length;
        if (!add_rule(i, next)) {
          out += source.substr(i, next - i);
        }
        i = next;
      }
    }
    begin = end;
  }
  text = std::move(out);
}

}  // namespace sextant::text
