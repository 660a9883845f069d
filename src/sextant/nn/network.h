// A network of libsextant_torch as code without LibTorch sees it: named tensors in, named tensors
// out. A family gives a torch-free description of itself and the name of its factory; the factory's
// file is one of those that include torch.
//
//   SEXTANT_TRY(auto network, load_network("sextant_torch_vit", folder));
//   SEXTANT_TRY(auto out, network->forward({{"pixel_values", view}}, {}, context));
//
// A loaded network is immutable. One thread calls forward; it computes with context.pool.threads().
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"

namespace sextant::nn {

using NetworkInputs = std::map<std::string, TensorView, std::less<>>;
using NetworkSettings = std::map<std::string, std::string>;  // switches of the family

struct NetworkOutput {
  std::string name;
  Shape shape;
  std::vector<float> values;
};

class Network {
 public:
  virtual ~Network() = default;

  // Errors: kInvalidArgument for inputs that are missing or of another type or shape; kInternal for
  // a failure inside LibTorch.
  virtual Result<std::vector<NetworkOutput>> forward(const NetworkInputs& inputs,
                                                     const NetworkSettings& settings,
                                                     const Context& context) const = 0;
};

// What libsextant_torch exports under the name of a factory: weights read, ready to run. Errors:
// those of the files.
using NetworkFactory = void(const std::filesystem::path& folder,
                            Result<std::unique_ptr<Network>>& network);

// Errors: those of opening the library, and of the factory.
Result<std::unique_ptr<Network>> load_network(const char* factory,
                                              const std::filesystem::path& folder);

}  // namespace sextant::nn
