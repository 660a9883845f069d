// Families of `sextant forward` that run in libsextant_torch (nn/network.h): a torch-free
// description each, and the name of its factory.
#pragma once

#include "sextant/cli/forward.h"

namespace sextant::cli {

struct TorchFamily {
  std::string_view name;
  std::string_view model, inputs, outputs;  // for --help FAMILY
  std::vector<ForwardSetting> settings;
  const char* factory;                                     // exported by libsextant_torch
  bool (*recognise)(const std::filesystem::path& folder);  // without opening it
};

std::unique_ptr<ForwardFamily> make_forward_torch(TorchFamily family);

// All there are.
std::vector<TorchFamily> torch_families();

}  // namespace sextant::cli
