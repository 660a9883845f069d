// Held-out data through a network: in order, without gradients, in evaluation mode.
#pragma once

#include <functional>
#include <vector>

#include <torch/torch.h>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/train/dataset.h"

namespace sextant::train {

class Evaluation {
 public:
  // The network goes back to the mode it had when this goes.
  Evaluation(torch::nn::Module& network, const Dataset& data, torch::Device device);
  ~Evaluation();
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  // Batches of `batch` of the first `samples` samples (0: all). Errors: of the data, kCancelled.
  Result<void> each_batch(int64_t samples, int64_t batch, const Context& context,
                          const std::function<void(const std::vector<torch::Tensor>&)>& use);

 private:
  torch::nn::Module& network_;
  const Dataset& data_;
  torch::Device device_;
  bool was_training_;
};

// The fields of a batch as tensors on `device`; on the CPU they lie in the batch's own memory.
std::vector<torch::Tensor> batch_tensors(const Batch& batch, const Dataset& data,
                                         torch::Device device);

}  // namespace sextant::train
