#include "sextant/io/gguf_cursor.h"

namespace sextant::io {

Failure GgufCursor::error(ErrorCode code, std::string_view what, std::string_view reason) const {
  return fail(code, "[io/gguf] {}: {} ({}, byte {})", what, reason, file_, offset_);
}

Result<void> GgufCursor::need(uint64_t count, std::string_view what) const {
  if (count <= remaining()) {
    return {};
  }
  return error(ErrorCode::kDataLoss, what,
               format("expected {} more bytes, file has {}", count, remaining()));
}

Result<std::string_view> GgufCursor::string(std::string_view what, uint64_t limit) {
  SEXTANT_TRY(const auto length, number<uint64_t>(what));
  SEXTANT_TRY_VOID(need(length, what));
  if (length > limit) {
    return error(ErrorCode::kOutOfRange, what,
                 format("expected at most {} bytes of text, file has {}", limit, length));
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + offset_, length);
  offset_ += length;
  return text;
}

Result<GgufType> GgufCursor::type(std::string_view what) {
  SEXTANT_TRY(const auto code, number<uint32_t>(what));
  if (code >= kGgufTypes) {
    return error(ErrorCode::kDataLoss, what,
                 format("expected a value type from 0 to {}, file has {}", kGgufTypes - 1, code));
  }
  return static_cast<GgufType>(code);
}

Result<GgufCursor::ArrayHead> GgufCursor::array_head(std::string_view what) {
  SEXTANT_TRY(const GgufType element, type(what));
  SEXTANT_TRY(const auto count, number<uint64_t>(what));
  if (count > remaining() / min_bytes(element)) {
    return error(ErrorCode::kDataLoss, what,
                 format("expected an array of {} elements of at least {} bytes, file has {} more "
                        "bytes",
                        count, min_bytes(element), remaining()));
  }
  if (count > kMaxArrayElements) {
    return error(ErrorCode::kOutOfRange, what,
                 format("expected at most {} elements, file has {}", kMaxArrayElements, count));
  }
  return ArrayHead{element, count};
}

Result<void> GgufCursor::skip(GgufType value_type, std::string_view what, int depth) {
  switch (value_type) {
    case GgufType::kString:
      return string(what).map([](std::string_view) {});
    case GgufType::kArray: {
      if (depth == kMaxDepth) {
        return error(ErrorCode::kOutOfRange, what,
                     format("expected arrays nested at most {} deep, file has more", kMaxDepth));
      }
      SEXTANT_TRY(const ArrayHead head, array_head(what));
      return skip_elements(head, what, depth + 1);
    }
    case GgufType::kBool: {
      SEXTANT_TRY(const auto value, number<uint8_t>(what));
      if (value > 1) {
        return error(ErrorCode::kDataLoss, what,
                     format("expected a bool of 0 or 1, file has {}", value));
      }
      return {};
    }
    default:
      SEXTANT_TRY_VOID(need(min_bytes(value_type), what));
      offset_ += min_bytes(value_type);
      return {};
  }
}

Result<void> GgufCursor::skip_elements(const ArrayHead& head, std::string_view what, int depth) {
  if (head.element != GgufType::kString && head.element != GgufType::kArray &&
      head.element != GgufType::kBool) {
    offset_ += head.count * min_bytes(head.element);
    return {};
  }
  for (uint64_t i = 0; i < head.count; ++i) {
    SEXTANT_TRY_VOID(skip(head.element, what, depth));
  }
  return {};
}

}  // namespace sextant::io
