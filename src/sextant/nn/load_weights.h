// The weights of a published file into a torch module, by name, all of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "sextant/base/error.h"
#include "sextant/io/tensor_source.h"

namespace sextant::nn {

struct WeightRules {
  std::string topic = "nn/weights";  // begins the messages
  // Other names that files give a parameter; none by default.
  std::function<std::vector<std::string>(const std::string& name)> aliases = {};
  std::vector<std::string> optional = {};  // patterns of parameters that keep their fresh values
  std::vector<std::string> ignored = {};   // patterns of tensors that are not used
};

// Copies every parameter and buffer of `module` from the tensor of its name, converted to its type.
// Errors: as io::WeightMap::bind, which tells all that is missing, left over or of another shape.
Result<void> load_weights(torch::nn::Module& module, const io::TensorSource& source,
                          const WeightRules& rules);

}  // namespace sextant::nn
