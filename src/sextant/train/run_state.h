// What a checkpoint of a run holds: weights, their moving average, the optimiser, the random
// generator, and how far the run is.
//
//   weights.safetensors, ema.safetensors, optimizer.safetensors, generator.safetensors, state.json
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "sextant/base/error.h"
#include "sextant/train/optimizer.h"

namespace sextant::train {

// Moving average of the trained parameters; empty where it is off.
class Average {
 public:
  Average(double decay, const torch::OrderedDict<std::string, torch::Tensor>& parameters);

  bool on() const { return !names_.empty(); }
  void update();
  // Exchanges the averaged weights with the network's own; twice changes nothing.
  void swap();
  std::map<std::string, torch::Tensor> state() const;
  Result<void> load(const std::map<std::string, torch::Tensor>& state);

 private:
  double decay_;
  std::vector<std::string> names_;
  std::vector<torch::Tensor> parameters_, averages_;
};

struct RunState {
  torch::nn::Module& network;
  Optimizer& optimizer;
  Average& average;
  int64_t step = 0;    // steps done
  double seconds = 0;  // of training, over all its lives
  std::string recipe_hash;
};

// Writes the files into `folder`, which is there.
Result<void> save_state(const RunState& state, const std::filesystem::path& folder);

// Reads them back. Errors: those of the files; kDataLoss for a tensor that is missing, left over or
// of another shape.
Result<void> load_state(RunState& state, const std::filesystem::path& folder);

// Parameters and buffers by their published names.
std::map<std::string, torch::Tensor> named_tensors(const torch::nn::Module& network);

// A safetensors file of tensors on any device.
Result<void> write_tensors(const std::filesystem::path& path,
                           const std::map<std::string, torch::Tensor>& tensors);

}  // namespace sextant::train
