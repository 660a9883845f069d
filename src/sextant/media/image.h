// Pictures in memory: PNG and JPEG read to 8-bit RGB, written as PNG.
//
// What the libraries behind it accept is narrowed: a picture whose data is cut or damaged is an
// error, never half a picture. Grey, palette, alpha and 16-bit pictures become RGB as Pillow's
// convert("RGB") does it: alpha is dropped, of 16 bits the upper 8 stay, gamma and colour profiles
// are ignored. Orientation tags of cameras are not applied. Not for CMYK JPEG (kUnsupported).
//
// Functions are pure and safe from several threads. Errors: kDataLoss, kOutOfRange (a limit),
// kUnsupported, kResourceExhausted. Sizes are checked before anything is allocated for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::media {

// Rows from the top, pixels from the left, `channels` bytes a pixel.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 3;  // 3 is RGB, 1 grey
  std::vector<uint8_t> pixels = {};

  bool operator==(const Image&) const = default;
};

// What a file may cost: a small one must not unpack to gigabytes.
struct ImageLimits {
  int max_side = 32768;
  // Memory for the unpacked picture: the first plus the second times the size of the file.
  size_t base_memory = size_t{40} << 20;
  size_t memory_per_byte = 4;
};

// Reads PNG or JPEG, told apart by their first bytes. `where` names the file in messages.
Result<Image> decode_image(std::span<const std::byte> bytes, std::string_view where,
                           const ImageLimits& limits = {});

// The picture as a PNG file, 8 bits a channel. Throws where pixels and sizes disagree.
std::vector<std::byte> encode_png(const Image& image);

}  // namespace sextant::media
