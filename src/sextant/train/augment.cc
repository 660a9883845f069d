#include "sextant/train/augment.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::train {
namespace {

constexpr int kTries = 10;

void check(std::span<const float> values, const PlaneShape& shape, int64_t pictures = 1) {
  SEXTANT_CHECK(static_cast<int64_t>(values.size()) == shape.count() * pictures,
                "{} values for {} of [{},{},{}]", values.size(), pictures, shape.channels,
                shape.height, shape.width);
}

// A box of the range that fits, or nothing after some tries. `strictly`: smaller than the picture.
std::optional<PlaneBox> draw_box(const PlaneShape& shape, const BoxRange& range, Random& random,
                                 bool strictly) {
  const double area = static_cast<double>(shape.height) * static_cast<double>(shape.width);
  for (int i = 0; i < kTries; ++i) {
    const double target = area * random.uniform(range.min_area, range.max_area);
    const double ratio =
        std::exp(random.uniform(std::log(range.min_ratio), std::log(range.max_ratio)));
    PlaneBox box;
    box.width = std::llround(std::sqrt(target * ratio));
    box.height = std::llround(std::sqrt(target / ratio));
    const int64_t room = strictly ? 1 : 0;
    if (box.width > 0 && box.height > 0 && box.width + room <= shape.width &&
        box.height + room <= shape.height) {
      box.top = random.below(shape.height - box.height + 1);
      box.left = random.below(shape.width - box.width + 1);
      return box;
    }
  }
  return std::nullopt;
}

template <class Row>
void for_each_row(const PlaneShape& shape, const PlaneBox& box, Row&& row) {
  for (int64_t c = 0; c < shape.channels; ++c) {
    for (int64_t y = box.top; y < box.top + box.height; ++y) {
      row((c * shape.height + y) * shape.width + box.left);
    }
  }
}

// The box of cutmix: its sides the root of the share that is cut, cut off at the borders.
PlaneBox draw_cutmix(const PlaneShape& shape, double cut, Random& random) {
  const double side = std::sqrt(cut);
  const auto half_height = static_cast<int64_t>(static_cast<double>(shape.height) * side / 2);
  const auto half_width = static_cast<int64_t>(static_cast<double>(shape.width) * side / 2);
  const int64_t y = random.below(shape.height);
  const int64_t x = random.below(shape.width);
  PlaneBox box;
  box.top = std::max<int64_t>(y - half_height, 0);
  box.left = std::max<int64_t>(x - half_width, 0);
  box.height = std::min(y + half_height, shape.height) - box.top;
  box.width = std::min(x + half_width, shape.width) - box.left;
  return box;
}

// Calls combine(picture, next picture) for all, the first one's original standing behind the last.
template <class Combine>
void for_each_pair(std::span<float> pixels, size_t picture, Combine&& combine) {
  const std::vector<float> first(pixels.begin(), pixels.begin() + static_cast<int64_t>(picture));
  for (size_t at = 0; at < pixels.size(); at += picture) {
    const bool last = at + picture == pixels.size();
    combine(pixels.subspan(at, picture),
            last ? std::span<const float>(first) : pixels.subspan(at + picture, picture));
  }
}

void write_labels(std::span<const int64_t> labels, const Mixing& mixing, double kept,
                  std::span<float> soft_labels) {
  const auto classes = static_cast<size_t>(mixing.classes);
  std::fill(soft_labels.begin(), soft_labels.end(),
            static_cast<float>(mixing.smoothing / static_cast<double>(classes)));
  const double whole = 1 - mixing.smoothing;
  for (size_t i = 0; i < labels.size(); ++i) {
    const int64_t other = labels[(i + 1) % labels.size()];
    SEXTANT_CHECK(labels[i] >= 0 && labels[i] < mixing.classes, "label {} of {}", labels[i],
                  mixing.classes);
    float* row = soft_labels.data() + i * classes;
    row[labels[i]] += static_cast<float>(whole * kept);
    row[other] += static_cast<float>(whole * (1 - kept));
  }
}

}  // namespace

void random_crop(std::span<const float> in, const PlaneShape& shape, int64_t padding,
                 Random& random, std::span<float> out) {
  check(in, shape);
  check(out, shape);
  SEXTANT_CHECK(padding >= 0, "padding {}", padding);
  // How far the cut lies from the picture, down and right.
  const int64_t down = random.below(2 * padding + 1) - padding;
  const int64_t right = random.below(2 * padding + 1) - padding;
  const int64_t first = std::clamp<int64_t>(-right, 0, shape.width);
  const int64_t end = std::clamp<int64_t>(shape.width - right, first, shape.width);
  for (int64_t c = 0; c < shape.channels; ++c) {
    for (int64_t y = 0; y < shape.height; ++y) {
      float* row = out.data() + (c * shape.height + y) * shape.width;
      std::fill(row, row + shape.width, 0.0F);
      if (y + down >= 0 && y + down < shape.height) {
        const float* source = in.data() + (c * shape.height + y + down) * shape.width;
        std::copy(source + (right + first), source + (right + end), row + first);
      }
    }
  }
}

bool random_flip(std::span<float> values, const PlaneShape& shape, double probability,
                 Random& random) {
  check(values, shape);
  if (random.uniform() >= probability) {
    return false;
  }
  for (int64_t row = 0; row < shape.channels * shape.height; ++row) {
    std::reverse(values.begin() + row * shape.width, values.begin() + (row + 1) * shape.width);
  }
  return true;
}

PlaneBox draw_crop(const PlaneShape& shape, const BoxRange& range, Random& random) {
  if (const auto box = draw_box(shape, range, random, false)) {
    return *box;
  }
  const auto height = static_cast<double>(shape.height);
  const auto width = static_cast<double>(shape.width);
  const double ratio = std::clamp(width / height, range.min_ratio, range.max_ratio);
  PlaneBox box{.height = shape.height, .width = shape.width};
  if (ratio > width / height) {
    box.height = std::max<int64_t>(std::llround(width / ratio), 1);
  } else {
    box.width = std::clamp<int64_t>(std::llround(height * ratio), 1, shape.width);
  }
  box.top = (shape.height - box.height) / 2;
  box.left = (shape.width - box.width) / 2;
  return box;
}

bool random_erasing(std::span<float> values, const PlaneShape& shape, const Erasing& erasing,
                    Random& random) {
  check(values, shape);
  if (random.uniform() >= erasing.probability) {
    return false;
  }
  const auto box = draw_box(shape, erasing.box, random, true);
  if (!box) {
    return false;
  }
  for_each_row(shape, *box,
               [&](int64_t at) { std::fill_n(values.begin() + at, box->width, erasing.value); });
  return true;
}

void mix_batch(std::span<float> pixels, const PlaneShape& shape, std::span<const int64_t> labels,
               const Mixing& mixing, uint64_t seed, std::span<float> soft_labels) {
  check(pixels, shape, static_cast<int64_t>(labels.size()));
  SEXTANT_CHECK(static_cast<int64_t>(soft_labels.size()) ==
                    static_cast<int64_t>(labels.size()) * mixing.classes,
                "{} shares for {} labels of {} classes", soft_labels.size(), labels.size(),
                mixing.classes);
  Random random(seed);
  const bool cut = mixing.cutmix > 0 && (mixing.mixup <= 0 || random.uniform() < 0.5);
  const auto picture = static_cast<size_t>(shape.count());
  double kept = 1;
  if (cut) {
    const PlaneBox box = draw_cutmix(shape, 1 - random.beta(mixing.cutmix), random);
    kept = 1 - static_cast<double>(box.height * box.width) /
                   static_cast<double>(shape.height * shape.width);
    for_each_pair(pixels, picture, [&](std::span<float> to, std::span<const float> from) {
      for_each_row(shape, box,
                   [&](int64_t at) { std::copy_n(from.begin() + at, box.width, to.begin() + at); });
    });
  } else if (mixing.mixup > 0) {
    kept = random.beta(mixing.mixup);
    const auto mine = static_cast<float>(kept);
    for_each_pair(pixels, picture, [&](std::span<float> to, std::span<const float> from) {
      for (size_t i = 0; i < to.size(); ++i) {
        to[i] = mine * to[i] + (1 - mine) * from[i];
      }
    });
  }
  write_labels(labels, mixing, kept, soft_labels);
}

}  // namespace sextant::train
