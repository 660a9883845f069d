#include "sextant/media/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sextant::media {
namespace {

// Weights of one axis: output i is the weighted sum of `counts[i]` inputs from `firsts[i]`.
struct Taps {
  std::vector<int64_t> firsts;
  std::vector<int64_t> counts;
  std::vector<double> weights;  // `most` places an output
  int64_t most = 0;
};

Taps make_taps(int64_t in, int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double support = std::max(scale, 1.0);  // of the triangle: half its base
  Taps taps;
  taps.most = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  taps.weights.resize(static_cast<size_t>(taps.most * out));
  for (int64_t i = 0; i < out; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
    const auto end = std::min(static_cast<int64_t>(centre + support + 0.5), in);
    double* weights = taps.weights.data() + taps.most * i;
    double sum = 0;
    for (int64_t k = first; k < end; ++k) {
      const double distance = (static_cast<double>(k) - centre + 0.5) / support;
      weights[k - first] = std::max(0.0, 1 - std::abs(distance));
      sum += weights[k - first];
    }
    for (int64_t k = first; k < end; ++k) {
      weights[k - first] /= sum;
    }
    taps.firsts.push_back(first);
    taps.counts.push_back(end - first);
  }
  return taps;
}

// Pillow's arithmetic for bytes: weights of 22 fractional bits, rounded once a pass.
struct Bytes {
  using Value = uint8_t;
  using Weight = int32_t;
  static constexpr int kFraction = 22;

  static Weight weight(double w) {
    return static_cast<Weight>(std::floor(w * (1 << kFraction) + 0.5));
  }
  static Value sum(const Value* in, const Weight* weights, int64_t count, int64_t step) {
    int32_t sum = 1 << (kFraction - 1);
    for (int64_t k = 0; k < count; ++k) {
      sum += in[k * step] * weights[k];
    }
    return static_cast<Value>(std::clamp(sum >> kFraction, 0, 255));
  }
};

struct Floats {
  using Value = float;
  using Weight = float;

  static Weight weight(double w) { return static_cast<Weight>(w); }
  static Value sum(const Value* in, const Weight* weights, int64_t count, int64_t step) {
    float sum = 0;
    for (int64_t k = 0; k < count; ++k) {
      sum += in[k * step] * weights[k];
    }
    return sum;
  }
};

// Resizes the middle axis of [outer, in, inner] (each outer block `outer_stride` apart) into
// [outer, out, inner].
struct Axis {
  int64_t outer = 0;
  int64_t outer_stride = 0;
  int64_t in = 0;
  int64_t in_stride = 0;
  int64_t out = 0;
  int64_t inner = 0;
};

template <class Kind>
void resize_axis(const typename Kind::Value* in, typename Kind::Value* out, const Axis& axis) {
  const Taps taps = make_taps(axis.in, axis.out);
  std::vector<typename Kind::Weight> weights(taps.weights.size());
  std::transform(taps.weights.begin(), taps.weights.end(), weights.begin(), Kind::weight);
  for (int64_t o = 0; o < axis.outer; ++o) {
    const auto* block = in + o * axis.outer_stride;
    for (int64_t i = 0; i < axis.out; ++i) {
      const auto at = static_cast<size_t>(i);
      const auto* first = block + taps.firsts[at] * axis.in_stride;
      const auto* w = weights.data() + taps.most * i;
      for (int64_t k = 0; k < axis.inner; ++k) {
        *out++ = Kind::sum(first + k, w, taps.counts[at], axis.in_stride);
      }
    }
  }
}

void check_planes(std::span<const float> values, const PlaneShape& shape) {
  SEXTANT_CHECK(shape.channels > 0 && shape.height > 0 && shape.width > 0 &&
                    static_cast<int64_t>(values.size()) == shape.count(),
                "{} values for [{},{},{}]", values.size(), shape.channels, shape.height,
                shape.width);
}

}  // namespace

Image resize(const Image& image, int width, int height) {
  SEXTANT_CHECK(width > 0 && height > 0, "{}x{}", width, height);
  const int64_t channels = image.channels;
  Image out{.width = width, .height = height, .channels = image.channels};
  std::vector<uint8_t> rows = image.pixels;
  if (width != image.width) {
    rows.resize(static_cast<size_t>(image.height * channels * width));
    resize_axis<Bytes>(image.pixels.data(), rows.data(),
                       {.outer = image.height,
                        .outer_stride = image.width * channels,
                        .in = image.width,
                        .in_stride = channels,
                        .out = width,
                        .inner = channels});
  }
  if (height == image.height) {
    out.pixels = std::move(rows);
    return out;
  }
  out.pixels.resize(static_cast<size_t>(width * channels * height));
  resize_axis<Bytes>(rows.data(), out.pixels.data(),
                     {.outer = 1,
                      .in = image.height,
                      .in_stride = width * channels,
                      .out = height,
                      .inner = width * channels});
  return out;
}

Image resize_and_crop(const Image& image, int shorter, int square) {
  SEXTANT_CHECK(square > 0 && square <= shorter, "{} of {}", square, shorter);
  const int64_t least = std::min(image.width, image.height);
  const Image whole = resize(image, static_cast<int>(int64_t{image.width} * shorter / least),
                             static_cast<int>(int64_t{image.height} * shorter / least));
  Image out{.width = square, .height = square, .channels = image.channels};
  // torchvision rounds half to even here.
  const auto half = [](int room) { return static_cast<int>(std::nearbyint(room / 2.0)); };
  const int64_t top = half(whole.height - square);
  const int64_t left = half(whole.width - square);
  const int64_t row = int64_t{square} * image.channels;
  for (int64_t y = top; y < top + square; ++y) {
    const auto* begin = whole.pixels.data() + (y * whole.width + left) * image.channels;
    out.pixels.insert(out.pixels.end(), begin, begin + row);
  }
  return out;
}

void resize_planes(std::span<const float> in, const PlaneShape& shape, const PlaneBox& box,
                   std::span<float> out, const PlaneShape& out_shape) {
  check_planes(in, shape);
  check_planes(out, out_shape);
  SEXTANT_CHECK(shape.channels == out_shape.channels, "{} channels to {}", shape.channels,
                out_shape.channels);
  SEXTANT_CHECK(box.top >= 0 && box.left >= 0 && box.height > 0 && box.width > 0 &&
                    box.top + box.height <= shape.height && box.left + box.width <= shape.width,
                "box {},{} {}x{} in {}x{}", box.top, box.left, box.height, box.width, shape.height,
                shape.width);
  std::vector<float> rows(static_cast<size_t>(box.height * out_shape.width));
  for (int64_t c = 0; c < shape.channels; ++c) {
    const float* plane = in.data() + c * shape.height * shape.width;
    resize_axis<Floats>(plane + box.top * shape.width + box.left, rows.data(),
                        {.outer = box.height,
                         .outer_stride = shape.width,
                         .in = box.width,
                         .in_stride = 1,
                         .out = out_shape.width,
                         .inner = 1});
    resize_axis<Floats>(rows.data(), out.data() + c * out_shape.height * out_shape.width,
                        {.outer = 1,
                         .in = box.height,
                         .in_stride = out_shape.width,
                         .out = out_shape.height,
                         .inner = out_shape.width});
  }
}

}  // namespace sextant::media
