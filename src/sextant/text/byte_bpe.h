// Byte-level BPE (GPT-2, SmolLM2, Llama 3, Qwen2): the symbols are bytes, so that any input has
// ids.
//
// Most pieces of real text are one entry of the vocabulary. Such a piece is found with one look-up
// and needs no merging once it is known that merging would give that entry; what was found out is
// kept (one byte an entry, written and read atomically). Immutable otherwise, thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/text/bpe_merges.h"
#include "sextant/text/model.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text {

// From the bytes of an entry to its id. One 16-byte slot decides for up to 8 bytes.
class ByteIndex {
 public:
  ByteIndex() = default;
  // `bytes` gives those of ids 0 .. size - 1, once each in order; empty: no entry. An entry that
  // comes twice is found as its last id.
  ByteIndex(int32_t size, const std::function<std::string(int32_t)>& bytes);

  // -1 where there is none.
  int32_t find(std::string_view bytes) const;

 private:
  struct Slot {
    uint64_t key;   // the bytes themselves up to 8, else their hash
    uint32_t size;  // 0: free
    int32_t id;
  };

  std::vector<Slot> slots_;
  std::string long_bytes_;             // of entries of more than 8 bytes
  std::vector<uint32_t> long_begins_;  // by id
  size_t mask_ = 0;
  uint64_t key_ = 0;
};

struct ByteBpeOptions {
  bool ignore_merges = false;      // a piece that is an entry is that entry, whatever merging gives
  bool fuse_unknown = false;       // neighbouring unknown bytes become one token
  std::optional<int32_t> unknown;  // for bytes that the vocabulary lacks; without it they vanish
};

class ByteBpe final : public Model {
 public:
  // `vocabulary` writes bytes in the alphabet of byte_alphabet.h; entries with other letters are
  // never found in text.
  ByteBpe(Vocabulary vocabulary, BpeMerges merges, const ByteBpeOptions& options);

  void encode(const Pieces& pieces, std::vector<int32_t>& ids) const override;
  int32_t size() const override { return vocabulary_.size(); }
  std::string_view piece(int32_t id) const override { return vocabulary_.piece(id); }
  std::optional<int32_t> find(std::string_view piece) const override {
    return vocabulary_.find(piece);
  }

  // Bytes that no entry stands for.
  bool lacks_bytes() const;

 private:
  enum State : uint8_t { kUntried, kWhole, kDivided };

  struct Work;

  void encode_piece(std::string_view piece, Work& work, std::vector<int32_t>& ids) const;
  // Fills work.symbols.
  void merge_piece(std::string_view piece, Work& work) const;

  Vocabulary vocabulary_;
  BpeMerges merges_;
  ByteBpeOptions options_;
  ByteIndex index_;
  std::array<int32_t, 256> symbol_of_byte_;
  std::unique_ptr<std::atomic<uint8_t>[]> states_;  // State of each entry
};

}  // namespace sextant::text
