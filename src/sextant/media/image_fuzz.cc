#include <cstdint>

#include "sextant/media/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sextant::media::decode_image;
  const auto image = decode_image(std::as_bytes(std::span(data, size)), "fuzz");
  if (!image) {
    return 0;
  }
  constexpr int kMostPixels = 1 << 16;  // writing large ones only costs time
  if (image->width * image->height <= kMostPixels &&
      decode_image(encode_png(*image), "again").value() != *image) {
    __builtin_trap();
  }
  return 0;
}
