#include "sextant/train/pixels.h"

#include <cmath>

namespace sextant::train {
namespace {

Failure bad(std::string_view option, std::string_view expected) {
  return fail(ErrorCode::kInvalidArgument, "[train/pixels] {}: expected {}", option, expected);
}

bool is_range(const BoxRange& range) {
  return range.min_area > 0 && range.min_area <= range.max_area && range.max_area <= 1 &&
         range.min_ratio > 0 && range.min_ratio <= range.max_ratio &&
         std::isfinite(range.max_ratio);
}

bool is_probability(double value) { return value >= 0 && value <= 1; }

bool fits_channels(const std::vector<float>& values, int64_t channels) {
  return values.size() <= 1 || static_cast<int64_t>(values.size()) == channels;
}

float of_channel(const std::vector<float>& values, int64_t channel, float otherwise) {
  if (values.empty()) {
    return otherwise;
  }
  return values.size() == 1 ? values[0] : values[static_cast<size_t>(channel)];
}

}  // namespace

Result<void> check_pixel_options(const PixelOptions& options, int64_t channels) {
  const std::string_view kRange = "areas of (0, 1] and ratios above 0, the smaller first";
  if (options.resized_crop && !is_range(*options.resized_crop)) {
    return bad("resized_crop", kRange);
  }
  if (!is_range(options.erasing.box)) {
    return bad("erasing", kRange);
  }
  if (!is_probability(options.flip) || !is_probability(options.erasing.probability)) {
    return bad(is_probability(options.flip) ? "erasing" : "flip", "a probability of 0 to 1");
  }
  constexpr int64_t kMostPadding = 4096;
  if (options.crop_padding < 0 || options.crop_padding > kMostPadding) {
    return bad("crop_padding",
               format("0 to {} pixels, found {}", kMostPadding, options.crop_padding));
  }
  if (!fits_channels(options.mean, channels) || !fits_channels(options.std_dev, channels)) {
    return bad(fits_channels(options.mean, channels) ? "std_dev" : "mean",
               format("one value or {}, one a channel", channels));
  }
  for (const float value : options.std_dev) {
    if (!(value > 0)) {
      return bad("std_dev", format("values above 0, found {}", value));
    }
  }
  return {};
}

void prepare_pixels(std::span<const uint8_t> pixels, const PlaneShape& shape,
                    const PixelOptions& options, uint64_t seed, std::span<float> out,
                    const PlaneShape& out_shape) {
  SEXTANT_CHECK(static_cast<int64_t>(pixels.size()) == shape.count(), "{} pixels", pixels.size());
  SEXTANT_CHECK(options.resized_crop || shape == out_shape, "{}x{} to {}x{}", shape.height,
                shape.width, out_shape.height, out_shape.width);
  Random random(seed);
  std::vector<float> planes(pixels.size());
  const int64_t area = shape.height * shape.width;
  for (int64_t i = 0; i < area; ++i) {
    for (int64_t c = 0; c < shape.channels; ++c) {
      planes[static_cast<size_t>(c * area + i)] =
          static_cast<float>(pixels[static_cast<size_t>(i * shape.channels + c)]) / 255;
    }
  }
  if (options.resized_crop) {
    const PlaneBox box = draw_crop(shape, *options.resized_crop, random);
    resize_planes(planes, shape, box, out, out_shape);
    planes.assign(out.begin(), out.end());
  }
  random_crop(planes, out_shape, options.crop_padding, random, out);
  random_flip(out, out_shape, options.flip, random);
  const int64_t out_area = out_shape.height * out_shape.width;
  for (int64_t c = 0; c < out_shape.channels; ++c) {
    const float mean = of_channel(options.mean, c, 0);
    const float std_dev = of_channel(options.std_dev, c, 1);
    for (float& value :
         out.subspan(static_cast<size_t>(c * out_area), static_cast<size_t>(out_area))) {
      value = (value - mean) / std_dev;
    }
  }
  random_erasing(out, out_shape, options.erasing, random);
}

}  // namespace sextant::train
