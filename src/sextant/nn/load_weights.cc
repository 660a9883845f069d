#include "sextant/nn/load_weights.h"

#include <algorithm>

#include "sextant/base/pattern.h"
#include "sextant/io/dequantise.h"
#include "sextant/io/weight_map.h"

namespace sextant::nn {

Result<void> load_weights(torch::nn::Module& module, const io::TensorSource& source,
                          const WeightRules& rules) {
  auto tensors = module.named_parameters();
  for (const auto& buffer : module.named_buffers()) {
    tensors.insert(buffer.key(), buffer.value());
  }
  io::WeightMap map(rules.topic);
  for (const auto& tensor : tensors) {
    const auto is_optional = [&](const std::string& pattern) {
      return matches_pattern(tensor.key(), pattern);
    };
    map.add({.name = tensor.key(),
             .shape = tensor.value().sizes().vec(),
             .aliases = rules.aliases ? rules.aliases(tensor.key()) : std::vector<std::string>(),
             .required = std::none_of(rules.optional.begin(), rules.optional.end(), is_optional)});
  }
  for (const std::string& pattern : rules.ignored) {
    map.ignore(pattern);
  }
  SEXTANT_TRY(const io::Weights weights, map.bind(source));
  const torch::NoGradGuard no_grad;
  for (auto& tensor : tensors) {
    if (const TensorView* view = weights.find(tensor.key())) {
      std::vector<float> values = io::to_f32(*view);
      tensor.value().copy_(
          torch::from_blob(values.data(), tensor.value().sizes(), torch::TensorOptions()));
      io::TensorSource::release_pages(*view);
    }
  }
  return {};
}

}  // namespace sextant::nn
