#include "sextant/media/image.h"

#include <algorithm>
#include <array>

#include "sextant/media/image_formats.h"

namespace sextant::media {
namespace {

constexpr std::array kPngBegin = {std::byte{0x89}, std::byte{'P'}, std::byte{'N'}, std::byte{'G'}};
constexpr std::array kJpegBegin = {std::byte{0xff}, std::byte{0xd8}};

template <size_t n>
bool begins_with(std::span<const std::byte> bytes, const std::array<std::byte, n>& begin) {
  return bytes.size() >= n && std::equal(begin.begin(), begin.end(), bytes.begin());
}

}  // namespace

Result<Image> allocate_image(const ImagePlan& plan, std::string_view where,
                             const ImageLimits& limits) {
  if (plan.width < 1 || plan.height < 1 || plan.width > limits.max_side ||
      plan.height > limits.max_side) {
    return fail(ErrorCode::kOutOfRange,
                "[media/image] size: expected 1 to {} pixels a side, found {}x{} ({})",
                limits.max_side, plan.width, plan.height, where);
  }
  constexpr int64_t kChannels = 3;
  const int64_t pixels = plan.width * plan.height;  // below 2^62 by the check above
  const auto needed =
      static_cast<double>(pixels) * static_cast<double>(kChannels + plan.extra_bytes);
  const double allowed =
      static_cast<double>(limits.base_memory) +
      static_cast<double>(limits.memory_per_byte) * static_cast<double>(plan.file_bytes);
  if (needed > allowed) {
    return fail_with_hint(
        ErrorCode::kOutOfRange,
        format("[media/image] memory: expected at most {:.0f} bytes for a file of {}, {}x{} pixels "
               "need {:.0f} ({})",
               allowed, plan.file_bytes, plan.width, plan.height, needed, where),
        "save the picture smaller");
  }
  Image image{.width = static_cast<int>(plan.width), .height = static_cast<int>(plan.height)};
  image.pixels.resize(static_cast<size_t>(pixels * kChannels));
  return image;
}

Result<Image> decode_image(std::span<const std::byte> bytes, std::string_view where,
                           const ImageLimits& limits) {
  if (begins_with(bytes, kPngBegin)) {
    return decode_png(bytes, where, limits);
  }
  if (begins_with(bytes, kJpegBegin)) {
    return decode_jpeg(bytes, where, limits);
  }
  return fail(ErrorCode::kDataLoss,
              "[media/image] expected a PNG or JPEG file, found another beginning ({})", where);
}

}  // namespace sextant::media
