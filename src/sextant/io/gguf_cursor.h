// Reads the header of a GGUF file front to back, every step checked against its end. Internal to
// io. Errors: kDataLoss where the file ends too early or a value breaks its type, kOutOfRange
// beyond a limit; all name the file and the byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/io/gguf_types.h"

namespace sextant::io {

class GgufCursor {
 public:
  // Ours: far above what models need (a chat template has some kB, a vocabulary 262144 entries).
  static constexpr uint64_t kMaxStringBytes = uint64_t{16} << 20;
  static constexpr uint64_t kMaxArrayElements = uint64_t{16} << 20;
  static constexpr int kMaxDepth = 4;

  GgufCursor(std::span<const std::byte> bytes, size_t offset, std::string_view file)
      : bytes_(bytes), offset_(offset), file_(file) {}

  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }

  // `what` stands in messages: "tensor count".
  template <class T>
  Result<T> number(std::string_view what) {
    SEXTANT_TRY_VOID(need(sizeof(T), what));
    T value;
    std::memcpy(&value, bytes_.data() + offset_, sizeof(T));
    offset_ += sizeof(T);
    return value;
  }

  // A length and that many bytes, in place.
  Result<std::string_view> string(std::string_view what, uint64_t limit = kMaxStringBytes);

  Result<GgufType> type(std::string_view what);

  struct ArrayHead {
    GgufType element;
    uint64_t count;  // this many elements of the least size are there
  };
  Result<ArrayHead> array_head(std::string_view what);

  // Goes past a value, checking all of it. `depth` counts the arrays around it.
  Result<void> skip(GgufType type, std::string_view what, int depth = 0);
  Result<void> skip_elements(const ArrayHead& head, std::string_view what, int depth);

  // "[io/gguf] what: reason (file, byte N)", N being where the cursor is.
  Failure error(ErrorCode code, std::string_view what, std::string_view reason) const;

 private:
  Result<void> need(uint64_t count, std::string_view what) const;

  std::span<const std::byte> bytes_;
  size_t offset_;
  std::string_view file_;
};

}  // namespace sextant::io
