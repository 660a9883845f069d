// Augmentation of pictures: [channels, height, width] of float, and of whole batches (mixup,
// cutmix).
//
// Every function draws from the Random that it is given and from nothing else, so a picture is a
// pure function of its seed. Values may be of any range; what lies outside a picture is 0, as it is
// for pixels of [0, 1] before they are normalised. Spans and shapes must agree; throws otherwise.
#pragma once

#include <cstdint>
#include <span>

#include "sextant/media/resize.h"
#include "sextant/train/random.h"

namespace sextant::train {

using media::PlaneBox;
using media::PlaneShape;

// Cuts `shape` out of the picture with `padding` zeros on each side. `in` and `out` do not overlap.
void random_crop(std::span<const float> in, const PlaneShape& shape, int64_t padding,
                 Random& random, std::span<float> out);

// Mirrors left and right with that probability; true where it did.
bool random_flip(std::span<float> values, const PlaneShape& shape, double probability,
                 Random& random);

// A part of a picture, by its share of the area and its width to height.
struct BoxRange {
  double min_area = 0.08;
  double max_area = 1;
  double min_ratio = 3.0 / 4;
  double max_ratio = 4.0 / 3;
};

// The box of a random resized crop: area uniform, ratio uniform in its logarithm; after ten tries
// that do not fit, the largest box in the middle that keeps the ratio's bounds.
PlaneBox draw_crop(const PlaneShape& shape, const BoxRange& range, Random& random);

struct Erasing {
  double probability = 0;
  BoxRange box = {.min_area = 0.02, .max_area = 0.33, .min_ratio = 0.3, .max_ratio = 3.3};
  float value = 0;
};

// Fills a box with `erasing.value`; not at all where ten boxes do not fit. True where it did.
bool random_erasing(std::span<float> values, const PlaneShape& shape, const Erasing& erasing,
                    Random& random);

// Alpha of the beta distribution that shares are drawn from; 0 is off. With both on, each batch
// gets one of the two.
struct Mixing {
  double mixup = 0;
  double cutmix = 0;
  int64_t classes = 0;
  double smoothing = 0;  // share of each label that is spread over all classes
};

// Mixes each picture of a batch [B, channels, height, width] with the one behind it (the last with
// the first), all with the same share, and writes the labels as [B, classes] of shares. With both
// alphas 0 only the labels are written. B is the number of labels; each is below `classes`. A slice
// of a batch is mixed within itself: ranks do not exchange pictures.
void mix_batch(std::span<float> pixels, const PlaneShape& shape, std::span<const int64_t> labels,
               const Mixing& mixing, uint64_t seed, std::span<float> soft_labels);

}  // namespace sextant::train
