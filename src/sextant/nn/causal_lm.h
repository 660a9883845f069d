// Decoder-only language models for training, with the tensor names and layouts of the published
// checkpoints: GPT-2 (transformers' GPT2LMHeadModel), OPT (OPTForCausalLM) and Llama
// (LlamaForCausalLM). What the trainer exports runs in sextant/lm and in transformers.
//
// Shapes: B sequences, T tokens, C width, H heads, D head size, V vocabulary.
#pragma once

#include <memory>

#include <torch/torch.h>

#include "sextant/nn/lm_config.h"

namespace sextant::nn {

class CausalLmImpl : public torch::nn::Module {
 public:
  // Logits [B,T,V] of ids [B,T] (I64, T at most the context). With `segments` [B,T] a token sees
  // only earlier tokens of its own segment; undefined: all earlier tokens.
  virtual torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& segments) = 0;

  // Recompute each block's activations in the backward pass instead of keeping them.
  void set_recompute(bool on) { recompute_ = on; }

 protected:
  bool recompute_ = false;
};

// A model with fresh weights drawn from `generator`: normal with init_std, the projections into the
// residual stream of GPT-2 divided by sqrt(2 layers); biases 0, norms 1.
std::shared_ptr<CausalLmImpl> make_causal_lm(const LmConfig& config, torch::Generator generator);

}  // namespace sextant::nn
