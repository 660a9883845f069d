// Classes of pictures: a folder with a ViT classifier (config.json, preprocessor_config.json,
// weights), run by libsextant_torch, which is opened by load().
//
//   SEXTANT_TRY(const auto classifier, nn::ImageClassifier::load(folder));
//   SEXTANT_TRY(const auto logits, classifier.logits(pixels, count, context));  // [count, classes]
//
// Immutable. One thread calls logits() at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sextant/nn/image_processor.h"
#include "sextant/nn/network.h"
#include "sextant/nn/vit_config.h"

namespace sextant::nn {

class ImageClassifier {
 public:
  // Errors: of the folder's files, and of load_network.
  static Result<ImageClassifier> load(const std::filesystem::path& folder);

  const std::string& name() const { return name_; }  // of the folder
  const VitConfig& config() const { return config_; }
  const ImageProcessor& processor() const { return processor_; }
  // Names of the classes: id2label, or "LABEL_0" and so on.
  const std::vector<std::string>& labels() const { return config_.labels; }

  // What the network takes of a picture, as prepare_image.
  Result<std::vector<float>> prepare(const media::Image& image, bool invert = false) const {
    return prepare_image(image, processor_, config_.channels, invert);
  }

  // Row-major [count, classes] of `count` prepared pictures side by side.
  Result<std::vector<float>> logits(std::span<const float> pixels, int64_t count,
                                    const Context& context) const;

 private:
  ImageClassifier() = default;

  std::string name_;
  VitConfig config_;
  ImageProcessor processor_;
  std::unique_ptr<Network> network_;
};

// preprocessor_config.json of a folder. Errors: kNotFound, those of JSON and processor_from_hf.
Result<ImageProcessor> read_processor(const std::filesystem::path& folder, int64_t channels);

}  // namespace sextant::nn
