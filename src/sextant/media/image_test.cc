#include "sextant/media/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <turbojpeg.h>
#include <zlib.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

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

// Any one wrong byte: an error or a picture of the size stated, and nothing read outside.
TEST(Image, SurvivesEveryWrongByte) {
  for (const auto* name :
       {"rgb.png", "palette.png", "interlaced.png", "rgb.jpg", "progressive.jpg"}) {
    const std::string whole = test_data::read(file(name));
    for (size_t i = 0; i < whole.size(); ++i) {
      for (const char flip : {'\x01', '\x80', '\xff'}) {
        std::string wrong = whole;
        wrong[i] = static_cast<char>(wrong[i] ^ flip);
        const auto image = decode(wrong, {.base_memory = 1 << 20});
        if (image) {
          EXPECT_EQ(image->pixels.size(),
                    static_cast<size_t>(image->width) * static_cast<size_t>(image->height) * 3);
        } else {
          EXPECT_THAT(image.error().message, HasSubstr("(a.png)")) << name << " " << i;
        }
      }
    }
  }
}

// Of the parts that make the picture every bit is covered by a checksum.
TEST(Image, FindsEveryWrongBitOfPngPixels) {
  const std::string whole = test_data::read(file("rgb.png"));
  const size_t begin = whole.find("IDAT");
  ASSERT_NE(begin, std::string::npos);
  for (size_t i = begin; i < whole.find("IEND"); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string wrong = whole;
      wrong[i] = static_cast<char>(wrong[i] ^ (1 << bit));
      EXPECT_FALSE(decode(wrong)) << i << " " << bit;
    }
  }
}

TEST(Image, RefusesPngsThatBreakTheirRules) {
  const std::string pixels = deflated(std::string(14, '\x05'));  // two rows of 2 x RGB
  const std::string header = big_endian(2) + big_endian(2);
  const auto of = [&](const std::string& kind, const std::string& between) {
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header + kind) + between + chunk("IDAT", pixels) +
           chunk("IEND", "");
  };
  EXPECT_EQ(message(of(std::string("\x08\x02\0\0\0", 5), "")),
            "[media/png] bad adaptive filter value, at byte 52 of 68 (a.png)");
  const std::string good = deflated(std::string(14, '\0'));
  EXPECT_EQ(message(png(2, 2, good)), "accepted");
  // A palette picture without a palette, a kind that is none, a depth that is none.
  EXPECT_THAT(message(of(std::string("\x08\x03\0\0\0", 5), "")), HasSubstr("Missing PLTE"));
  EXPECT_THAT(message(of(std::string("\x08\x05\0\0\0", 5), "")), StartsWith("[media/png] "));
  EXPECT_THAT(message(of(std::string("\x03\x02\0\0\0", 5), "")), StartsWith("[media/png] "));
  // Too few rows, pixels that are no deflate stream, a critical chunk that nobody knows.
  EXPECT_THAT(message(png(2, 3, good)), StartsWith("[media/png] "));
  EXPECT_THAT(message(png(2, 2, "no deflate")), StartsWith("[media/png] "));
  EXPECT_THAT(message(png(2, 2, good, chunk("ABCD", "x"))), StartsWith("[media/png] "));
  EXPECT_EQ(message(png(2, 2, good, chunk("tEXt", std::string("a\0b", 3)))), "accepted");
}

// What comes out does not depend on other threads that read at the same time.
TEST(Image, ReadsInSeveralThreads) {
  const std::string files[] = {test_data::read(file("large.jpg")), test_data::read(file("rgb.png")),
                               test_data::read(file("rgb.png")).substr(0, 99)};
  const auto expected_jpeg = decode(files[0]).value();
  const auto expected_png = decode(files[1]).value();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        wrong += decode(files[0]).value() == expected_jpeg ? 0 : 1;
        wrong += decode(files[1]).value() == expected_png ? 0 : 1;
        wrong += decode(files[2]) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

// A JPEG of random noise in every colour sampling, with and without progression.
TEST(Image, KnowsWhichJpegsNeedTheirCoefficients) {
  std::vector<unsigned char> noise(40 * 24 * 3);
  for (size_t i = 0; i < noise.size(); ++i) {
    noise[i] = static_cast<unsigned char>(i * i * 31 + i * 7);
  }
  for (const int sampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY}) {
    for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
      // Anew each time: a used one writes wrong Huffman tables after a progressive picture.
      const std::unique_ptr<void, int (*)(void*)> encoder(tjInitCompress(), tjDestroy);
      unsigned char* bytes = nullptr;
      unsigned long size = 0;
      ASSERT_EQ(tjCompress2(encoder.get(), noise.data(), 40, 0, 24, TJPF_RGB, &bytes, &size,
                            sampling, 80, flags),
                0);
      const std::string jpeg(reinterpret_cast<char*>(bytes), size);
      tjFree(bytes);
      // Room for the pixels, not for coefficients.
      const ImageLimits tight = {.base_memory = 40 * 24 * 3, .memory_per_byte = 0};
      EXPECT_EQ(decode(jpeg, tight).has_value(), flags == 0) << sampling;
      EXPECT_EQ(decode(jpeg).value().width, 40);
      // Where the markers cannot be followed, the worst is assumed: padding before one.
      std::string padded = jpeg;
      padded.insert(2, "\xff");
      EXPECT_FALSE(decode(padded, tight)) << sampling;
      EXPECT_TRUE(decode(padded)) << sampling;
    }
  }
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

TEST(Image, WritesPicturesOfAnySize) {
  for (int width = 1; width <= 17; width += 4) {
    for (int height = 1; height <= 9; height += 2) {
      for (const int channels : {1, 3}) {
        Image image{.width = width, .height = height, .channels = channels};
        for (int i = 0; i < width * height * channels; ++i) {
          image.pixels.push_back(static_cast<uint8_t>(i * 97 + width));
        }
        const Image again = decode_image(encode_png(image), "b.png").value();
        EXPECT_EQ(again.width, width);
        EXPECT_EQ(again.height, height);
        for (size_t i = 0; i < again.pixels.size(); ++i) {
          ASSERT_EQ(again.pixels[i], image.pixels[channels == 3 ? i : i / 3]);
        }
      }
    }
  }
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
