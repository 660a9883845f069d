#include "sextant/io/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "support/temp_folder.h"

namespace sextant::io {
namespace {

using testing::HasSubstr;

std::string gzip(std::string_view text) {
  std::string out(compressBound(text.size()) + 32, '\0');
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> unpack(std::string_view packed) {
  SEXTANT_TRY(const auto bytes, gunzip(std::as_bytes(std::span(packed)), "a.gz"));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string message(std::string_view packed) {
  const auto result = unpack(packed);
  return result ? "accepted" : result.error().message;
}

TEST(Gzip, UnpacksWhatGzipPacked) {
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    text += std::to_string(i * 7919) + "\n";
  }
  for (const std::string& plain : {std::string(), std::string("a"), text}) {
    EXPECT_EQ(unpack(gzip(plain)).value(), plain);
  }
}

TEST(Gzip, RefusesEveryCut) {
  const std::string packed = gzip("some text, some text, and no more");
  for (size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(unpack(packed.substr(0, size))) << size;
  }
  EXPECT_EQ(message(""), "[io/gzip] expected a gzip file, found another beginning (a.gz)");
  EXPECT_EQ(message(packed.substr(0, 12)),
            "[io/gzip] expected a gzip file, found 12 bytes of one (a.gz)");
}

TEST(Gzip, RefusesWrongBytes) {
  const std::string packed = gzip("some text, some text, and no more");
  std::string wrong = packed;
  wrong[packed.size() - 6] = static_cast<char>(wrong[packed.size() - 6] ^ 1);
  EXPECT_THAT(message(wrong), HasSubstr("packed data: incorrect data check"));
  wrong = packed;
  wrong[packed.size() - 4] = static_cast<char>(wrong[packed.size() - 4] - 1);
  EXPECT_EQ(message(wrong), "[io/gzip] expected 32 bytes as the end states, found more (a.gz)");
  wrong[packed.size() - 4] = static_cast<char>(wrong[packed.size() - 4] + 2);
  EXPECT_THAT(message(wrong), HasSubstr("packed data: incorrect length check"));
  EXPECT_THAT(message(packed + packed), HasSubstr("expected one member, found"));
}

TEST(Gzip, RefusesBombs) {
  const std::string bomb = gzip(std::string(size_t{40} << 20, 'x'));
  const auto result = unpack(bomb);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kOutOfRange);
  EXPECT_THAT(result.error().message, HasSubstr("unpacked size: expected at most"));
  EXPECT_EQ(result.error().hint, "unpack it with gunzip");
}

TEST(Gzip, OpensPackedAndPlainFiles) {
  const test_data::TempFolder folder;
  const auto plain = UnpackedFile::open(folder.write("a.txt", "plain"));
  EXPECT_EQ(plain.value().text(), "plain");
  const auto packed = UnpackedFile::open(folder.write("b.txt", gzip("packed")));
  EXPECT_EQ(packed.value().text(), "packed");
  EXPECT_EQ(UnpackedFile::open(folder / "none").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(UnpackedFile::open(folder.write("c.gz", gzip(""))).error().message,
              HasSubstr("nothing in it"));
}

}  // namespace
}  // namespace sextant::io
