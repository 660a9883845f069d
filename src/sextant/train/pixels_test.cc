#include "sextant/train/pixels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::train {
namespace {

using testing::ElementsAre;

std::string message(const PixelOptions& options) {
  const auto checked = check_pixel_options(options, 3);
  return checked ? "accepted" : checked.error().message;
}

TEST(Pixels, BecomePlanes) {
  const std::vector<uint8_t> pixels = {0, 51, 102, 153, 204, 255};  // two pixels of RGB
  std::vector<float> out(6);
  prepare_pixels(pixels, {3, 1, 2}, {}, 0, out, {3, 1, 2});
  EXPECT_THAT(out, ElementsAre(0, 0.6F, 0.2F, 0.8F, 0.4F, 1));
  prepare_pixels(pixels, {3, 1, 2}, {.mean = {0, 0.2F, 1}, .std_dev = {1, 2, 4}}, 0, out,
                 {3, 1, 2});
  EXPECT_THAT(out, ElementsAre(0, 0.6F, 0, (0.8F - 0.2F) / 2, (0.4F - 1) / 4, 0));
}

TEST(Pixels, ResizedCropsHaveTheWantedSize) {
  const std::vector<uint8_t> pixels(3 * 20 * 30, 255);
  std::vector<float> out(3 * 8 * 8);
  const PixelOptions options{.resized_crop = BoxRange{}};
  prepare_pixels(pixels, {3, 20, 30}, options, 1, out, {3, 8, 8});
  for (const float value : out) {
    EXPECT_NEAR(value, 1, 1e-6);
  }
}

TEST(Pixels, AugmentationIsAFunctionOfTheSeed) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 3 * 12 * 12; ++i) {
    pixels.push_back(static_cast<uint8_t>(i * 37));
  }
  const PixelOptions options{
      .resized_crop = BoxRange{}, .crop_padding = 2, .flip = 0.5, .erasing = {.probability = 0.5}};
  const PlaneShape shape{3, 12, 12};
  std::vector<float> first(432), again(432), other(432);
  prepare_pixels(pixels, shape, options, 5, first, shape);
  prepare_pixels(pixels, shape, options, 5, again, shape);
  prepare_pixels(pixels, shape, options, 6, other, shape);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

TEST(Pixels, RefusesOptionsOutOfRange) {
  EXPECT_EQ(message({}), "accepted");
  EXPECT_EQ(message({.flip = 1.5}), "[train/pixels] flip: expected a probability of 0 to 1");
  EXPECT_EQ(message({.erasing = {.probability = -1}}),
            "[train/pixels] erasing: expected a probability of 0 to 1");
  EXPECT_EQ(message({.resized_crop = BoxRange{.min_area = 0.5, .max_area = 0.2}}),
            "[train/pixels] resized_crop: expected areas of (0, 1] and ratios above 0, the smaller "
            "first");
  EXPECT_EQ(
      message({.erasing = {.box = {.min_area = 0}}}),
      "[train/pixels] erasing: expected areas of (0, 1] and ratios above 0, the smaller first");
  EXPECT_EQ(message({.crop_padding = -1}),
            "[train/pixels] crop_padding: expected 0 to 4096 pixels, found -1");
  EXPECT_EQ(message({.mean = {1, 2}}),
            "[train/pixels] mean: expected one value or 3, one a channel");
  EXPECT_EQ(message({.std_dev = {1, 2}}),
            "[train/pixels] std_dev: expected one value or 3, one a channel");
  EXPECT_EQ(message({.std_dev = {-1}}),
            "[train/pixels] std_dev: expected values above 0, found -1");
}

}  // namespace
}  // namespace sextant::train
