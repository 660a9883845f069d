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

// False where the decoder needs a few rows at a time only: sequential, all components in the first
// scan. True where it keeps all coefficients until the end, or where that cannot be told: what is
// not read here exactly as the library reads it counts as the worst.
bool keeps_coefficients(std::span<const std::byte> bytes) {
  const auto at = [&](size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  constexpr size_t kLeastSegment = 10;  // that we look into: up to a frame's component count
  unsigned components = 0;
  size_t position = 2;
  while (position + kLeastSegment <= bytes.size() && at(position) == 0xff) {
    const unsigned marker = at(position + 1);
    const size_t length = at(position + 2) << 8 | at(position + 3);
    const bool passed_over = (marker >= 0xe0 && marker <= 0xef) || marker == 0xfe ||  // APPn, COM
                             marker == 0xdb || marker == 0xc4 || marker == 0xdd;      // tables
    if (marker == 0xda) {
      return components == 0 || at(position + 4) != components;
    }
    if (marker == 0xc0 || marker == 0xc1) {
      components = at(position + 9);
    } else if (!passed_over) {
      return true;
    }
    if (length < 2) {
      return true;
    }
    position += 2 + length;
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
