// The readers behind decode_image, and the check that they share. Private to media.
#pragma once

#include "sextant/media/image.h"

namespace sextant::media {

Result<Image> decode_png(std::span<const std::byte> bytes, std::string_view where,
                         const ImageLimits& limits);
Result<Image> decode_jpeg(std::span<const std::byte> bytes, std::string_view where,
                          const ImageLimits& limits);

// An RGB image of that size, after the limits are checked. `extra_bytes`: what the reader needs for
// each pixel beside the image itself.
struct ImagePlan {
  int64_t width = 0;
  int64_t height = 0;
  int64_t extra_bytes = 0;
  size_t file_bytes = 0;
};
Result<Image> allocate_image(const ImagePlan& plan, std::string_view where,
                             const ImageLimits& limits);

}  // namespace sextant::media
