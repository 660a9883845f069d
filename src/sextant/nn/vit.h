// ViT (Dosovitskiy et al. 2021) with a classification head, for training and for running, with the
// tensor names and layouts of transformers' ViTForImageClassification: pre-norm blocks over patches
// and a class token, softmax attention, learned positions, the class token's state to the head.
#pragma once

#include <vector>

#include <torch/torch.h>

#include "sextant/nn/vit_config.h"

namespace sextant::nn {

class VitLayerImpl : public torch::nn::Module {
 public:
  explicit VitLayerImpl(const VitConfig& config);
  // States [B,wanted,C] of the first tokens behind the block, of all states [B,T,C] before it.
  torch::Tensor forward(torch::Tensor x, int64_t wanted);

 private:
  int64_t heads_;
  std::string activation_;
  torch::nn::LayerNorm norm_before_{nullptr}, norm_after_{nullptr};
  torch::nn::Linear query_{nullptr}, key_{nullptr}, value_{nullptr}, output_{nullptr};
  torch::nn::Linear fc1_{nullptr}, fc2_{nullptr};
};
TORCH_MODULE(VitLayer);

class VitImpl : public torch::nn::Module {
 public:
  // Weights are left as LibTorch makes them; see make_vit.
  explicit VitImpl(const VitConfig& config);

  // Logits [B,classes] of pixel_values [B,channels,image,image].
  torch::Tensor forward(const torch::Tensor& pixels);

  // Recompute each block's activations in the backward pass instead of keeping them.
  void set_recompute(bool on) { recompute_ = on; }

 private:
  torch::Tensor embed(const torch::Tensor& pixels);

  VitConfig config_;
  bool recompute_ = false;
  torch::Tensor class_token_, positions_;
  torch::Tensor patch_weight_, patch_bias_;
  std::vector<VitLayer> layers_;
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear classifier_{nullptr};
};
TORCH_MODULE(Vit);

// With fresh weights drawn from `generator` as config.init says; biases 0, norms 1.
Vit make_vit(const VitConfig& config, torch::Generator generator);

}  // namespace sextant::nn
