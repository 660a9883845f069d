// Pictures made larger or smaller: bilinear, with the filter widened when shrinking (antialias), as
// Pillow's resize(BILINEAR) and torchvision's resize(antialias=True) compute it.
//
// 8-bit pictures equal Pillow to the bit, which rounds each pass to 8 bits. Pure; safe from several
// threads. Cost: about 2 (1 + shrink factor) multiplications a value, the rows first.
#pragma once

#include <cstdint>
#include <span>

#include "sextant/media/image.h"

namespace sextant::media {

// `width` and `height` at least 1; throws otherwise.
Image resize(const Image& image, int width, int height);

// The shorter side brought to `shorter` (the other in proportion, rounded down), then the middle
// `square` x `square` cut out: what image classifiers are tested on. `square` at most `shorter`.
Image resize_and_crop(const Image& image, int shorter, int square);

// Values as networks take them: [channels, height, width], row-major.
struct PlaneShape {
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;

  int64_t count() const { return channels * height * width; }
  bool operator==(const PlaneShape&) const = default;
};

struct PlaneBox {
  int64_t top = 0;
  int64_t left = 0;
  int64_t height = 0;
  int64_t width = 0;

  bool operator==(const PlaneBox&) const = default;
};

// Cuts `box` out of `in` and brings it to the size of `out_shape` (same channels). Throws where a
// span and its shape disagree or the box is not inside.
void resize_planes(std::span<const float> in, const PlaneShape& shape, const PlaneBox& box,
                   std::span<float> out, const PlaneShape& out_shape);

}  // namespace sextant::media
