// Activation checkpointing (Chen et al. 2016, "Training deep nets with sublinear memory cost"): a
// part of a network whose inner activations are thrown away after the forward pass and computed
// again in the backward pass. Values and gradients are those of the plain call, as long as the part
// draws no random numbers.
#pragma once

#include <functional>

#include <torch/torch.h>

namespace sextant::nn {

using Part = std::function<torch::Tensor(const torch::Tensor&)>;

// part(input). Parameters that `part` uses get their gradients as usual.
torch::Tensor recomputed(const Part& part, const torch::Tensor& input);

}  // namespace sextant::nn
