#include "sextant/nn/image_processor.h"

#include <algorithm>
#include <cmath>

#include "sextant/media/resize.h"

namespace sextant::nn {
namespace {

constexpr int64_t kMaxSide = 4096;
constexpr int64_t kMostRatio = 16;  // of the sides of a picture
constexpr int kBilinear = 2;        // Pillow's number

Failure wrong(const std::string& field, std::string_view expected, const Json& found,
              ErrorCode code = ErrorCode::kDataLoss) {
  const std::string text = found.dump(-1, ' ', false, Json::error_handler_t::replace);
  return fail(code, "[nn/image_processor] \"{}\": expected {}, found {} (preprocessor_config.json)",
              field, expected, printable(text, 60));
}

// The field, or null where it is missing or null in the file.
const Json& get(const Json& object, const char* name) {
  static const Json kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

Result<bool> flag(const Json& config, const char* name, bool missing) {
  const Json& value = get(config, name);
  if (!value.is_null() && !value.is_boolean()) {
    return wrong(name, "true or false", value);
  }
  return value.is_null() ? missing : value.get<bool>();
}

Result<int64_t> side(const std::string& field, const Json& value) {
  if (!value.is_number_integer() || value.get<double>() < 1 ||
      value.get<double>() > static_cast<double>(kMaxSide)) {
    return wrong(field, sextant::format("a whole number from 1 to {}", kMaxSide), value);
  }
  return value.get<int64_t>();
}

// A number, or {"height": N, "width": N}.
Result<int64_t> square(const char* name, const Json& value) {
  if (!value.is_object()) {
    return side(name, value);
  }
  SEXTANT_TRY(const int64_t height, side(std::string(name) + ".height", get(value, "height")));
  SEXTANT_TRY(const int64_t width, side(std::string(name) + ".width", get(value, "width")));
  if (height != width) {
    return wrong(name, "a square", value, ErrorCode::kUnsupported);
  }
  return height;
}

Result<std::vector<float>> channel_values(const Json& config, const char* name, int64_t channels,
                                          bool positive) {
  const Json& value = get(config, name);
  if (value.is_null()) {
    return std::vector<float>{0.5F};
  }
  std::vector<float> values;
  for (const Json& entry : value.is_array() ? value : Json::array({value})) {
    const double number = entry.is_number() ? entry.get<double>() : NAN;
    if (!std::isfinite(number) || std::abs(number) > 1e6 || (positive && number < 1e-6)) {
      return wrong(name, positive ? "numbers above 0" : "numbers", value);
    }
    values.push_back(static_cast<float>(number));
  }
  if (values.size() != 1 && static_cast<int64_t>(values.size()) != channels) {
    return wrong(name, sextant::format("one number or {}, one a channel", channels), value);
  }
  return values;
}

Result<void> check_steps(const Json& config) {
  for (const char* name : {"do_resize", "do_rescale"}) {
    SEXTANT_TRY(const bool on, flag(config, name, true));
    if (!on) {
      return wrong(name, "true", false, ErrorCode::kUnsupported);
    }
  }
  const Json& factor = get(config, "rescale_factor");
  if (!factor.is_null() &&
      !(factor.is_number() && std::abs(factor.get<double>() * 255 - 1) < 1e-6)) {
    return wrong("rescale_factor", "1/255", factor, ErrorCode::kUnsupported);
  }
  const Json& filter = get(config, "resample");
  if (!filter.is_null() && filter != kBilinear) {
    return wrong("resample", "2 (bilinear)", filter, ErrorCode::kUnsupported);
  }
  return {};
}

// Into one channel as Pillow's convert("L") does it.
media::Image to_grey(const media::Image& image) {
  if (image.channels == 1) {
    return image;
  }
  media::Image grey{.width = image.width, .height = image.height, .channels = 1};
  grey.pixels.reserve(image.pixels.size() / 3);
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    const uint8_t* p = image.pixels.data() + i;
    const uint32_t sum = p[0] * 19595U + p[1] * 38470U + p[2] * 7471U;
    grey.pixels.push_back(static_cast<uint8_t>((sum + 0x8000U) >> 16));
  }
  return grey;
}

}  // namespace

OrderedJson hf_processor(const ImageProcessor& p) {
  const OrderedJson square = {{"height", p.size}, {"width", p.size}};
  OrderedJson config = {{"image_processor_type", "ViTImageProcessor"},
                        {"do_resize", true},
                        {"size", square},
                        {"resample", kBilinear},
                        {"do_rescale", true},
                        {"rescale_factor", 1.0 / 255},
                        {"do_normalize", true},
                        {"image_mean", p.mean},
                        {"image_std", p.std_dev}};
  if (p.shorter != 0) {
    config["size"] = {{"shortest_edge", p.shorter}};
    config["do_center_crop"] = true;
    config["crop_size"] = square;
  }
  return config;
}

Result<ImageProcessor> processor_from_hf(const Json& config, int64_t channels) {
  if (!config.is_object()) {
    return fail(ErrorCode::kDataLoss,
                "[nn/image_processor] expected an object, found {} (preprocessor_config.json)",
                config.type_name());
  }
  SEXTANT_TRY_VOID(check_steps(config));
  ImageProcessor p;
  const Json& size = get(config, "size");
  SEXTANT_TRY(const bool crop, flag(config, "do_center_crop", false));
  if (crop) {
    const bool named = size.is_object();
    SEXTANT_TRY(p.shorter, side(named ? "size.shortest_edge" : "size",
                                named ? get(size, "shortest_edge") : size));
    SEXTANT_TRY(p.size, square("crop_size", get(config, "crop_size")));
    if (p.size > p.shorter) {
      return wrong("crop_size", sextant::format("at most {}, the shorter side", p.shorter), p.size);
    }
  } else {
    SEXTANT_TRY(p.size, square("size", size));
  }
  SEXTANT_TRY(const bool normalise, flag(config, "do_normalize", true));
  if (normalise) {
    SEXTANT_TRY(p.mean, channel_values(config, "image_mean", channels, false));
    SEXTANT_TRY(p.std_dev, channel_values(config, "image_std", channels, true));
  } else {
    p.mean = {0};
    p.std_dev = {1};
  }
  return p;
}

Result<std::vector<float>> prepare_image(const media::Image& image, const ImageProcessor& p,
                                         int64_t channels, bool invert) {
  SEXTANT_CHECK(channels == 1 || (channels == 3 && image.channels == 3), "{} channels to {}",
                image.channels, channels);
  // With a shorter side given, the longer one grows with it: a line of pixels would become
  // gigabytes.
  if (std::max(image.width, image.height) > kMostRatio * std::min(image.width, image.height)) {
    return fail(ErrorCode::kOutOfRange,
                "[nn/image_processor] sides: expected at most {} to 1, found {}x{}", kMostRatio,
                image.width, image.height);
  }
  const auto size = static_cast<int>(p.size);
  const media::Image coloured = channels == 1 ? to_grey(image) : image;
  const media::Image fitted =
      p.shorter != 0 ? media::resize_and_crop(coloured, static_cast<int>(p.shorter), size)
                     : media::resize(coloured, size, size);
  const auto area = static_cast<size_t>(p.size * p.size);
  const auto count = static_cast<size_t>(channels);
  std::vector<float> values(area * count);
  for (size_t c = 0; c < count; ++c) {
    const float mean = p.mean[p.mean.size() == 1 ? 0 : c];
    const float std_dev = p.std_dev[p.std_dev.size() == 1 ? 0 : c];
    for (size_t i = 0; i < area; ++i) {
      const uint8_t pixel = fitted.pixels[i * count + c];
      const auto light = static_cast<float>(invert ? 255 - pixel : pixel) / 255;
      values[c * area + i] = (light - mean) / std_dev;
    }
  }
  return values;
}

}  // namespace sextant::nn
