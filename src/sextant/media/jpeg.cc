// JPEG through libjpeg-turbo's TurboJPEG interface, whose errors are return values.
#include <turbojpeg.h>

#include <limits>
#include <memory>

#include "sextant/media/image.h"
#include "sextant/media/image_formats.h"

namespace sextant::media {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

// True where the frame header is of a kind that keeps all coefficients in memory until the end:
// anything but baseline and extended sequential, or nothing that can be told.
bool keeps_coefficients(std::span<const std::byte> bytes) {
  const auto at = [&](size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  size_t position = 2;
  while (position + 4 <= bytes.size() && at(position) == 0xff) {
    const unsigned marker = at(position + 1);
    const bool frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      return marker != 0xc0 && marker != 0xc1;
    }
    // 0xff before a marker is padding.
    position += marker == 0xff ? 1 : 2 + (at(position + 2) << 8 | at(position + 3));
  }
  return true;
}

}  // namespace

Result<Image> decode_jpeg(std::span<const std::byte> bytes, std::string_view where,
                          const ImageLimits& limits) {
  const std::unique_ptr<void, Destroy> decoder(tjInitDecompress());
  if (!decoder) {
    return fail(ErrorCode::kResourceExhausted, "[media/jpeg] no memory to read ({})", where);
  }
  if (bytes.size() > std::numeric_limits<uint32_t>::max()) {
    return fail(ErrorCode::kOutOfRange, "[media/jpeg] expected less than 4 GB, found {} bytes ({})",
                bytes.size(), where);
  }
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto damaged = [&] {
    return fail(ErrorCode::kDataLoss, "[media/jpeg] {} ({})",
                printable(tjGetErrorStr2(decoder.get())), where);
  };
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling,
                          &colours) != 0) {
    return damaged();
  }
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    return fail_with_hint(
        ErrorCode::kUnsupported,
        format("[media/jpeg] colours: expected RGB or grey, found CMYK ({})", where),
        "save the picture as RGB");
  }
  constexpr int64_t kCoefficientBytes = 6;  // three of 16 bits a pixel, at most
  SEXTANT_TRY(Image image,
              allocate_image({.width = width,
                              .height = height,
                              .extra_bytes = keeps_coefficients(bytes) ? kCoefficientBytes : 0,
                              .file_bytes = bytes.size()},
                             where, limits));
  // A warning is data that is cut or damaged; thousands of scans are an attack on time.
  constexpr int kFlags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  if (tjDecompress2(decoder.get(), data, bytes.size(), image.pixels.data(), width, 0, height,
                    TJPF_RGB, kFlags) != 0) {
    return damaged();
  }
  return image;
}

}  // namespace sextant::media
