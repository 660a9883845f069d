#include "sextant/nn/image_classifier.h"

#include <system_error>

#include "sextant/io/hf_folder.h"

namespace sextant::nn {

Result<ImageProcessor> read_processor(const std::filesystem::path& folder, int64_t channels) {
  SEXTANT_TRY(const auto text, io::read_folder_file(folder, "preprocessor_config.json"));
  if (!text) {
    return fail(ErrorCode::kNotFound,
                "[nn/image_processor] {}: expected a preprocessor_config.json, found none",
                folder.string());
  }
  SEXTANT_TRY(const Json config, parse_json(*text, "preprocessor_config.json"));
  auto read = processor_from_hf(config, channels);
  return read ? std::move(read) : with_context(read.error(), "in " + folder.string());
}

Result<ImageClassifier> ImageClassifier::load(const std::filesystem::path& folder) {
  ImageClassifier classifier;
  SEXTANT_TRY(classifier.config_, read_vit_config(folder));
  const VitConfig& config = classifier.config_;
  SEXTANT_TRY(classifier.processor_, read_processor(folder, config.channels));
  if (classifier.processor_.size != config.image) {
    return fail(
        ErrorCode::kDataLoss,
        "[nn/image_processor] size: expected {} as image_size of config.json, found {} ({})",
        config.image, classifier.processor_.size, folder.string());
  }
  SEXTANT_TRY(classifier.network_, load_network("sextant_torch_vit", folder));
  auto& labels = classifier.config_.labels;
  for (int64_t i = static_cast<int64_t>(labels.size()); i < config.classes; ++i) {
    labels.push_back(sextant::format("LABEL_{}", i));
  }
  std::error_code ignored;
  classifier.name_ = std::filesystem::canonical(folder, ignored).filename().string();
  return classifier;
}

Result<std::vector<float>> ImageClassifier::logits(std::span<const float> pixels, int64_t count,
                                                   const Context& context) const {
  const TensorView view =
      make_view(pixels, DType::kF32, {count, config_.channels, config_.image, config_.image});
  SEXTANT_TRY(auto outputs, network_->forward({{"pixel_values", view}}, {}, context));
  return std::move(outputs.front().values);
}

}  // namespace sextant::nn
