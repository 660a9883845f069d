#include "sextant/media/resize.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sextant/base/json.h"
#include "support/test_data.h"

namespace sextant::media {
namespace {

Json golden() {
  const auto path = test_data::repository("tests/parity/media/expected.json");
  return parse_json(test_data::read(path), "expected.json").value().at("resize");
}

TEST(Resize, BytesEqualPillow) {
  const Json json = golden();
  const Image source{.width = 37,
                     .height = 29,
                     .channels = 3,
                     .pixels = json.at("source").get<std::vector<uint8_t>>()};
  for (const Json& size : json.at("bytes")) {
    const Image out = resize(source, size.at("width"), size.at("height"));
    EXPECT_EQ(out.width, size.at("width").get<int>());
    EXPECT_EQ(out.pixels.size(),
              static_cast<size_t>(out.width) * static_cast<size_t>(out.height) * 3);
    EXPECT_EQ(crc32(0, out.pixels.data(), static_cast<uInt>(out.pixels.size())),
              size.at("crc32").get<uLong>())
        << size;
  }
}

// Pillow sums floats in double precision; ours are floats: a few roundings of values below 4.
TEST(Resize, PlanesAreCloseToPillow) {
  const Json json = golden();
  const auto plane = json.at("plane").get<std::vector<float>>();
  for (const Json& size : json.at("planes")) {
    const PlaneShape shape{1, size.at("height"), size.at("width")};
    std::vector<float> out(static_cast<size_t>(shape.count()));
    resize_planes(plane, {1, 10, 12}, {.top = 1, .left = 2, .height = 8, .width = 9}, out, shape);
    const auto values = size.at("values").get<std::vector<float>>();
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_NEAR(out[i], values[i], 2e-6) << shape.width << " " << i;
    }
  }
}

TEST(Resize, PlanesAreIndependent) {
  std::vector<float> in(2 * 4 * 4, 1.0F);
  std::fill(in.begin() + 16, in.end(), -3.0F);
  std::vector<float> out(2 * 3 * 5);
  resize_planes(in, {2, 4, 4}, {0, 0, 4, 4}, out, {2, 3, 5});
  for (size_t i = 0; i < out.size(); ++i) {
    EXPECT_NEAR(out[i], i < 15 ? 1 : -3, 1e-6);
  }
}

Image random_picture(int width, int height, unsigned seed) {
  Image image{.width = width, .height = height};
  for (int i = 0; i < width * height * 3; ++i) {
    seed = seed * 1664525 + 1013904223;
    image.pixels.push_back(static_cast<uint8_t>(seed >> 24));
  }
  return image;
}

Image mirrored(const Image& image) {
  Image out = image;
  for (size_t y = 0; y < static_cast<size_t>(image.height); ++y) {
    for (size_t x = 0; x < static_cast<size_t>(image.width); ++x) {
      const size_t row = y * static_cast<size_t>(image.width);
      const size_t from = (row + static_cast<size_t>(image.width) - 1 - x) * 3;
      std::copy_n(image.pixels.begin() + static_cast<int64_t>(from), 3,
                  out.pixels.begin() + static_cast<int64_t>((row + x) * 3));
    }
  }
  return out;
}

std::vector<float> planes_of(const Image& image) {
  std::vector<float> planes(image.pixels.size());
  const size_t area = image.pixels.size() / 3;
  for (size_t i = 0; i < area; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      planes[c * area + i] = image.pixels[i * 3 + c];
    }
  }
  return planes;
}

// Weights sum to 1 in 22 bits up to a few units, which 255 does not carry over half a step.
TEST(Resize, OneColourStaysThatColour) {
  for (const uint8_t value : {0, 1, 127, 255}) {
    Image source{.width = 17, .height = 11};
    source.pixels.assign(17 * 11 * 3, value);
    for (const auto& [width, height] : {std::pair{3, 2}, {16, 12}, {100, 1}, {1, 100}, {40, 40}}) {
      const Image out = resize(source, width, height);
      for (const uint8_t pixel : out.pixels) {
        ASSERT_EQ(pixel, value) << width << "x" << height;
      }
    }
  }
}

TEST(Resize, MirroredPicturesGiveMirroredResults) {
  const Image source = random_picture(23, 9, 7);
  for (const auto& [width, height] : {std::pair{8, 9}, {40, 20}, {23, 3}, {5, 5}}) {
    EXPECT_EQ(resize(mirrored(source), width, height), mirrored(resize(source, width, height)))
        << width << "x" << height;
  }
}

TEST(Resize, ARampStaysARamp) {
  Image source{.width = 16, .height = 1, .channels = 1};
  for (int i = 0; i < 16; ++i) {
    source.pixels.push_back(static_cast<uint8_t>(i * 16 + 8));
  }
  // Halved, a place lies between two inputs and the filter is symmetric about it, but for the ends.
  const Image half = resize(source, 8, 1);
  for (size_t i = 1; i + 1 < 8; ++i) {
    EXPECT_EQ(half.pixels[i], i * 32 + 16) << i;
  }
  const Image doubled = resize(source, 32, 1);
  for (size_t i = 1; i < 32; ++i) {
    EXPECT_GE(doubled.pixels[i], doubled.pixels[i - 1]);
  }
}

// Two roundings to bytes apart: one after each pass.
TEST(Resize, PlanesAndBytesAgree) {
  const Image source = random_picture(21, 14, 3);
  const auto planes = planes_of(source);
  for (const auto& [width, height] : {std::pair{7, 5}, {30, 33}, {21, 6}}) {
    const auto expected = planes_of(resize(source, width, height));
    std::vector<float> out(expected.size());
    resize_planes(planes, {3, 14, 21}, {0, 0, 14, 21}, out, {3, height, width});
    for (size_t i = 0; i < out.size(); ++i) {
      ASSERT_NEAR(out[i], expected[i], 1.01) << i;
    }
  }
}

TEST(Resize, ABoxIsAPictureOfItsOwn) {
  const Image source = random_picture(12, 10, 5);
  const auto planes = planes_of(source);
  const PlaneBox box{.top = 3, .left = 2, .height = 6, .width = 7};
  std::vector<float> cut;
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < box.height; ++y) {
      const auto row = planes.begin() + (c * 10 + y + box.top) * 12 + box.left;
      cut.insert(cut.end(), row, row + box.width);
    }
  }
  std::vector<float> from_box(3 * 4 * 9);
  std::vector<float> from_cut(3 * 4 * 9);
  resize_planes(planes, {3, 10, 12}, box, from_box, {3, 4, 9});
  resize_planes(cut, {3, 6, 7}, {0, 0, 6, 7}, from_cut, {3, 4, 9});
  EXPECT_EQ(from_box, from_cut);
}

TEST(Resize, SameSizeIsTheSamePicture) {
  const Image source{.width = 2, .height = 1, .channels = 1, .pixels = {3, 9}};
  EXPECT_EQ(resize(source, 2, 1), source);
  EXPECT_EQ(resize(source, 1, 1).pixels, std::vector<uint8_t>{6});
}

TEST(Resize, CutsTheMiddle) {
  Image source{.width = 6, .height = 4, .channels = 1};
  for (int i = 0; i < 24; ++i) {
    source.pixels.push_back(static_cast<uint8_t>(i));
  }
  const Image out = resize_and_crop(source, 4, 2);
  EXPECT_EQ(out, (Image{.width = 2, .height = 2, .channels = 1, .pixels = {8, 9, 14, 15}}));
  const Image smaller = resize_and_crop(source, 2, 2);
  EXPECT_EQ(smaller.width, 2);
  EXPECT_EQ(smaller.pixels.size(), 4U);
  EXPECT_THROW(resize_and_crop(source, 2, 3), SextantError);
}

// As torchvision: the longer side rounds down, half a pixel of margin rounds to even.
TEST(Resize, CutsAsTorchvisionDoes) {
  struct Case {
    int width, height, shorter, square, whole_width, left;
  };
  for (const Case& c : {Case{6, 4, 4, 3, 6, 2}, Case{7, 4, 4, 4, 7, 2}, Case{5, 4, 4, 4, 5, 0},
                        Case{101, 67, 32, 32, 48, 8}, Case{9, 4, 4, 4, 9, 2}}) {
    const Image source = random_picture(c.width, c.height, 11);
    const Image whole = resize(source, c.whole_width, c.shorter);
    const Image cut = resize_and_crop(source, c.shorter, c.square);
    const int top = (c.shorter - c.square) / 2;
    for (int y = 0; y < c.square; ++y) {
      for (int x = 0; x < c.square * 3; ++x) {
        const auto from = static_cast<size_t>((y + top) * c.whole_width + c.left) * 3;
        ASSERT_EQ(cut.pixels[static_cast<size_t>(y * c.square * 3 + x)],
                  whole.pixels[from + static_cast<size_t>(x)])
            << c.width << " " << y << " " << x;
      }
    }
  }
}

TEST(Resize, RefusesWrongSizes) {
  const Image source{.width = 2, .height = 1, .channels = 1, .pixels = {3, 9}};
  EXPECT_THROW(resize(source, 0, 1), SextantError);
  std::vector<float> in(16);
  std::vector<float> out(4);
  EXPECT_THROW(resize_planes(in, {1, 4, 4}, {0, 0, 5, 4}, out, {1, 2, 2}), SextantError);
  EXPECT_THROW(resize_planes(in, {1, 4, 4}, {0, 1, 4, 4}, out, {1, 2, 2}), SextantError);
  EXPECT_THROW(resize_planes(in, {1, 4, 4}, {0, 0, 4, 4}, out, {1, 2, 3}), SextantError);
  EXPECT_THROW(resize_planes(in, {1, 4, 4}, {0, 0, 4, 4}, out, {2, 1, 2}), SextantError);
}

}  // namespace
}  // namespace sextant::media
