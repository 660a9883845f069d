// From a picture to what an image network takes: size, channels, scale, as the folder's
// preprocessor_config.json (transformers' image processors) says. Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/media/image.h"

namespace sextant::nn {

struct ImageProcessor {
  int64_t size = 224;  // of the square that comes out
  // The shorter side becomes this, then the middle is cut out; 0: both sides become `size`, which
  // changes the proportions of a picture that is not square.
  int64_t shorter = 0;
  std::vector<float> mean = {0.5F};     // one a channel, or one for all; of pixels of [0, 1]
  std::vector<float> std_dev = {0.5F};  // the same
};

OrderedJson hf_processor(const ImageProcessor& processor);

// Errors: kDataLoss (a field of the wrong type or out of range, named), kUnsupported (a step or a
// filter that is not here). `channels` is the network's.
Result<ImageProcessor> processor_from_hf(const Json& config, int64_t channels);

// Values [channels, size, size] of a picture with 3 channels or 1. Grey of colours is Pillow's
// convert("L"); `invert` makes dark light and light dark first. Error kOutOfRange for a picture
// more than 16 times as long as wide.
Result<std::vector<float>> prepare_image(const media::Image& image, const ImageProcessor& processor,
                                         int64_t channels, bool invert = false);

}  // namespace sextant::nn
