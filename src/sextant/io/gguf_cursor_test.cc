#include "sextant/io/gguf_cursor.h"

#include <string>

#include <gtest/gtest.h>

namespace sextant::io {
namespace {

GgufCursor over(const std::string& bytes) { return {std::as_bytes(std::span(bytes)), 0, "x.gguf"}; }

TEST(GgufCursor, ReadsInOrderAndStopsAtTheEnd) {
  const std::string bytes("\x01\x02\x03\x04\x05\x06", 6);
  GgufCursor cursor = over(bytes);
  EXPECT_EQ(cursor.number<uint32_t>("first").value(), 0x04030201u);
  EXPECT_EQ(cursor.offset(), 4u);
  EXPECT_EQ(cursor.remaining(), 2u);
  EXPECT_EQ(cursor.number<uint32_t>("second").error().message,
            "[io/gguf] second: expected 4 more bytes, file has 2 (x.gguf, byte 4)");
  EXPECT_EQ(cursor.offset(), 4u);  // a failed read moves nothing
  EXPECT_EQ(cursor.number<uint16_t>("third").value(), 0x0605);
}

TEST(GgufCursor, StringsPointIntoTheBytes) {
  const std::string bytes("\x03\0\0\0\0\0\0\0abc", 11);
  GgufCursor cursor = over(bytes);
  const std::string_view text = cursor.string("text").value();
  EXPECT_EQ(text, "abc");
  EXPECT_EQ(text.data(), bytes.data() + 8);
  EXPECT_EQ(over(bytes).string("text", 2).error().code, ErrorCode::kOutOfRange);
}

TEST(GgufCursor, SkipsArraysOfEachKindWhole) {
  const std::string ints("\x04\0\0\0\x02\0\0\0\0\0\0\0aaaabbbb", 20);
  const std::string bools("\x07\0\0\0\x02\0\0\0\0\0\0\0\x01\0", 14);
  const std::string texts("\x08\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0c", 21);
  for (const std::string& bytes : {ints, bools, texts}) {
    GgufCursor cursor = over(bytes);
    EXPECT_TRUE(cursor.skip(GgufType::kArray, "array"));
    EXPECT_EQ(cursor.remaining(), 0u);
  }
}

TEST(GgufCursor, ArrayHeadCountsOnlyWhatIsThere) {
  const std::string bytes("\x05\0\0\0\x02\0\0\0\0\0\0\0aaaabbb", 19);
  GgufCursor cursor = over(bytes);
  EXPECT_EQ(cursor.array_head("array").error().message,
            "[io/gguf] array: expected an array of 2 elements of at least 4 bytes, file has 7 more "
            "bytes (x.gguf, byte 12)");
}

TEST(GgufCursor, RefusesMoreElementsThanTheLimit) {
  std::string bytes("\0\0\0\0\x01\0\0\x01\0\0\0\0", 12);  // 2^24 + 1 elements of one byte
  bytes.resize(bytes.size() + (size_t{1} << 24) + 1);
  const auto head = over(bytes).array_head("array");
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(head.error().message,
            "[io/gguf] array: expected at most 16777216 elements, file has 16777217 (x.gguf, byte "
            "12)");
}

}  // namespace
}  // namespace sextant::io
