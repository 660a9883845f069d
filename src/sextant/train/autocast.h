// Mixed precision (Micikevicius et al. 2018) by LibTorch's autocast: while one of these lives,
// products run in the recipe's precision and what needs the range of f32 (losses, norms, softmax)
// stays in f32. Weights, gradients and the optimiser are f32 always, so bf16 needs no loss scaling.
// Acts on the calling thread.
#pragma once

#include <string>

#include <torch/torch.h>

namespace sextant::train {

class Autocast {
 public:
  // `precision` "f32" changes nothing; "bf16".
  Autocast(torch::Device device, const std::string& precision);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool on_;
  bool was_enabled_;
  at::ScalarType was_type_;
};

}  // namespace sextant::train
