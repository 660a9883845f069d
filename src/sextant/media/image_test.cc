#include "sextant/media/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <string>

#include "sextant/base/json.h"
#include "support/peak_memory.h"
#include "support/test_data.h"

namespace sextant::media {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::filesystem::path file(std::string_view name) {
  return test_data::repository("tests/parity/media") / name;
}

Result<Image> decode(std::string_view bytes, const ImageLimits& limits = {}) {
  return decode_image(std::as_bytes(std::span(bytes)), "a.png", limits);
}

std::string message(std::string_view bytes, const ImageLimits& limits = {}) {
  const auto image = decode(bytes, limits);
  return image ? "accepted" : image.error().message;
}

Json expected() {
  return parse_json(test_data::read(file("expected.json")), "expected.json").value();
}

std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string chunk(const std::string& kind, const std::string& data) {
  const std::string body = kind + data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<uint32_t>(data.size())) + body +
         big_endian(static_cast<uint32_t>(crc));
}

// A PNG that states a size and holds `data` for its pixels.
std::string png(uint32_t width, uint32_t height, const std::string& data,
                const std::string& extra = "") {
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR", big_endian(width) + big_endian(height) + std::string("\x08\x02\0\0\0", 5)) +
         extra + chunk("IDAT", data) + chunk("IEND", "");
}

std::string deflated(const std::string& text) {
  std::string out(compressBound(text.size()), '\0');
  uLongf size = out.size();
  EXPECT_EQ(compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                      reinterpret_cast<const Bytef*>(text.data()), text.size(), 9),
            Z_OK);
  out.resize(size);
  return out;
}

// The IDCT and the filters of libjpeg-turbo are integer arithmetic that its versions share, so JPEG
// is exact as well.
TEST(Image, EqualsPillowOnEveryKind) {
  const Json golden = expected();
  for (const auto& [name, pixels] : golden.at("pictures").items()) {
    const auto image = decode(test_data::read(file(name)));
    ASSERT_TRUE(image) << name << ": " << image.error().message;
    EXPECT_EQ(image->width, 13) << name;
    EXPECT_EQ(image->height, 9) << name;
    EXPECT_EQ(image->channels, 3) << name;
    EXPECT_EQ(image->pixels, pixels.get<std::vector<uint8_t>>()) << name;
  }
  const Image large = decode(test_data::read(file("large.jpg"))).value();
  EXPECT_EQ(crc32(0, large.pixels.data(), static_cast<uInt>(large.pixels.size())),
            golden.at("large_crc32").get<uLong>());
}

TEST(Image, RefusesEveryCut) {
  for (const auto* name :
       {"rgb.png", "interlaced.png", "palette.png", "rgb.jpg", "progressive.jpg", "grey.jpg"}) {
    const std::string bytes = test_data::read(file(name));
    for (size_t size = 0; size < bytes.size(); ++size) {
      // A picture is whole without the two bytes of JPEG's end marker for some encoders: not for
      // us.
      EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size))) << name << " " << size;
    }
  }
}

TEST(Image, MessagesSayWhatIsWrong) {
  EXPECT_EQ(message("GIF89a"),
            "[media/image] expected a PNG or JPEG file, found another beginning (a.png)");
  const std::string whole = test_data::read(file("rgb.png"));
  EXPECT_EQ(message(whole.substr(0, 20)),
            "[media/png] the file ends too early, at byte 16 of 20 (a.png)");
  std::string wrong = whole;
  wrong[60] = static_cast<char>(wrong[60] ^ 0x40);  // inside IDAT
  EXPECT_THAT(message(wrong), StartsWith("[media/png] "));
  wrong = whole;
  wrong[19] = 0;  // a width of 0
  EXPECT_THAT(message(wrong), StartsWith("[media/png] "));
  const std::string jpeg = test_data::read(file("rgb.jpg"));
  EXPECT_THAT(message(jpeg.substr(0, jpeg.size() - 9)), StartsWith("[media/jpeg] "));
  const auto cmyk = decode(test_data::read(file("cmyk.jpg")));
  ASSERT_FALSE(cmyk);
  EXPECT_EQ(cmyk.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(cmyk.error().message, "[media/jpeg] colours: expected RGB or grey, found CMYK (a.png)");
}

TEST(Image, RefusesSizesThatTheFileDoesNotPayFor) {
  EXPECT_THAT(message(png(1, 1, deflated(std::string(4, '\0')))), "accepted");
  EXPECT_THAT(message(png(40000, 1, "")), HasSubstr("[media/png] "));
  const auto image = decode(png(20000, 20000, ""));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kOutOfRange);
  EXPECT_THAT(image.error().message,
              StartsWith("[media/image] memory: expected at most 41943268 bytes for a file of 57"));
  EXPECT_THAT(image.error().message, HasSubstr("20000x20000 pixels need 1200000000 (a.png)"));
  EXPECT_THAT(message(png(20, 20, ""), {.max_side = 10}), StartsWith("[media/png] "));
  const std::string jpeg = test_data::read(file("rgb.jpg"));
  EXPECT_EQ(message(jpeg, {.max_side = 10}),
            "[media/image] size: expected 1 to 10 pixels a side, found 13x9 (a.png)");
  // A progressive picture needs its coefficients as well.
  const ImageLimits tight = {.base_memory = 13 * 9 * 3, .memory_per_byte = 0};
  EXPECT_EQ(message(jpeg, tight), "accepted");
  EXPECT_THAT(message(test_data::read(file("progressive.jpg")), tight),
              HasSubstr("13x9 pixels need 1053"));
}

TEST(Image, MemoryOfHostileFilesIsBounded) {
  // A text chunk that unpacks to 200 MB, and pixels that would unpack to 190 MB for few rows
  // stated.
  const std::string bomb = deflated(std::string(size_t{200} << 20, 'x'));
  const std::string text = chunk("zTXt", std::string("key\0\0", 5) + bomb);
  const std::string files[] = {png(4, 4, deflated(std::string(52, '\0')), text), png(4, 4, bomb)};
  for (const std::string& bytes : files) {
    const auto peak = test_data::peak_memory([&] { static_cast<void>(decode(bytes)); });
    if (!peak) GTEST_SKIP() << "memory is not measured under a sanitizer";
    EXPECT_LT(*peak, test_data::hostile_file_limit(bytes.size()));
  }
}

TEST(Image, WritesWhatItReads) {
  Image image{.width = 3, .height = 2, .channels = 3};
  for (int i = 0; i < 18; ++i) {
    image.pixels.push_back(static_cast<uint8_t>(i * 14));
  }
  const auto bytes = encode_png(image);
  EXPECT_EQ(decode_image(bytes, "b.png").value(), image);
  const Image grey{.width = 2, .height = 1, .channels = 1, .pixels = {7, 200}};
  EXPECT_EQ(decode_image(encode_png(grey), "b.png").value().pixels,
            (std::vector<uint8_t>{7, 7, 7, 200, 200, 200}));
  image.pixels.pop_back();
  EXPECT_THROW(encode_png(image), SextantError);
  EXPECT_THROW(encode_png({}), SextantError);
  EXPECT_THROW(encode_png({.width = 1, .height = 1, .channels = 2, .pixels = {1, 2}}),
               SextantError);
}

TEST(Image, ReplaysItsCorpus) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test_data::repository("tests/fuzz_corpus/image"))) {
    const auto image = decode(test_data::read(entry.path()));
    if (!image) {
      EXPECT_THAT(image.error().message, StartsWith("[media/")) << entry.path();
    }
    ++files;
  }
  EXPECT_GT(files, 10);
}

}  // namespace
}  // namespace sextant::media
