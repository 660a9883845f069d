// Between TensorView, which the torch-free code passes, and torch::Tensor: the only place where one
// becomes the other. Nothing is copied.
#pragma once

#include <torch/torch.h>

#include "sextant/base/tensor_view.h"

namespace sextant::nn {

// A tensor over the bytes of `view`, which must outlive it; read it only where the bytes may not be
// written. Throws for block-quantised types.
torch::Tensor to_tensor(const TensorView& view);

// A look at a tensor on the CPU, valid as long as its storage. Throws for other devices and for
// element types that the library has not.
TensorView to_view(const torch::Tensor& tensor);

}  // namespace sextant::nn
