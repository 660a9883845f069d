// The three language-model forms behind make_causal_lm.
#pragma once

#include "sextant/nn/causal_lm.h"

namespace sextant::nn {

std::shared_ptr<CausalLmImpl> make_gpt2(const LmConfig& config);
std::shared_ptr<CausalLmImpl> make_opt(const LmConfig& config);
std::shared_ptr<CausalLmImpl> make_llama(const LmConfig& config);

// The activation of a feed-forward layer by its name in config.json.
torch::Tensor activate(const torch::Tensor& x, const std::string& name);

}  // namespace sextant::nn
