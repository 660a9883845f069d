#include "sextant/media/resize.h"

#include <gtest/gtest.h>
#include <zlib.h>

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
