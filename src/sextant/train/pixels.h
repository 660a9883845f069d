// From pixels as files hold them to values as networks take them: what all picture data sets share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/train/augment.h"

namespace sextant::train {

// In the order of application. Values are pixels of [0, 1] up to normalisation.
struct PixelOptions {
  std::optional<BoxRange> resized_crop = {};  // instead of the whole picture
  int64_t crop_padding = 0;
  double flip = 0;                  // probability
  std::vector<float> mean = {};     // one a channel, or one for all; empty: 0
  std::vector<float> std_dev = {};  // the same; empty: 1. (value - mean) / std_dev
  Erasing erasing = {};             // of normalised values
};

// Errors: kInvalidArgument, naming the option.
Result<void> check_pixel_options(const PixelOptions& options, int64_t channels);

// `pixels`: [height, width, channels] bytes, or [height, width] with one channel. `out`: the
// sample, [channels, height, width] of `out_shape`; sizes differ only with resized_crop.
void prepare_pixels(std::span<const uint8_t> pixels, const PlaneShape& shape,
                    const PixelOptions& options, uint64_t seed, std::span<float> out,
                    const PlaneShape& out_shape);

}  // namespace sextant::train
