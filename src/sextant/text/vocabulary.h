// Id <-> entry of a vocabulary, in three flat arrays. For models; tokenizer.h is the public face.
//
// Immutable after building, thread-safe. Memory: the bytes of the entries and about 16 bytes each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::text {

// Ids of any vocabulary lie below this.
inline constexpr int32_t kMaxVocabulary = 2'000'000;

class Vocabulary {
 public:
  struct Entry {
    std::string_view piece;
    int64_t id;
  };

  Vocabulary() = default;

  // Errors: kOutOfRange (id negative or over the limit), kDataLoss (an id or a piece comes twice).
  // `what` names the source in messages.
  static Result<Vocabulary> build(std::span<const Entry> entries, std::string_view what);

  // The same for a list whose index is the id. An entry that comes twice is found as its last id.
  static Result<Vocabulary> from_list(std::span<const std::string> pieces, std::string_view what);
  static Result<Vocabulary> from_list(std::span<const std::string_view> pieces,
                                      std::string_view what);

  int32_t size() const { return static_cast<int32_t>(ends_.size()); }
  // "" for a hole and for ids outside.
  std::string_view piece(int32_t id) const;
  std::optional<int32_t> find(std::string_view piece) const;

 private:
  void index();  // fills slots_ from the pieces

  std::string bytes_;           // all pieces, one after another, in the order of ids
  std::vector<uint32_t> ends_;  // end of each piece in bytes_
  std::vector<int32_t> slots_;  // open addressing, -1 = free; a power of two long
  uint64_t key_ = 0;
};

}  // namespace sextant::text
