#include "sextant/nn/causal_lm.h"

#include <cmath>

#include "sextant/nn/forms.h"

namespace sextant::nn {
namespace {

bool ends_with(const std::string& name, std::string_view end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.npos, end) == 0;
}

void initialise(torch::nn::Module& model, const LmConfig& config, torch::Generator& generator) {
  const torch::NoGradGuard no_grad;
  // Radford et al. 2019, section 2.3: residual layers start smaller the deeper the model.
  const double residual = config.init_std / std::sqrt(2.0 * static_cast<double>(config.layers));
  for (auto& parameter : model.named_parameters()) {
    torch::Tensor& value = parameter.value();
    if (value.dim() == 1) {
      value.fill_(ends_with(parameter.key(), "weight") ? 1.0 : 0.0);
      continue;
    }
    const bool into_residual = config.form == "gpt2" && ends_with(parameter.key(), "c_proj.weight");
    value.normal_(0.0, into_residual ? residual : config.init_std, generator);
  }
}

}  // namespace

torch::Tensor activate(const torch::Tensor& x, const std::string& name) {
  if (name == "relu") {
    return torch::relu(x);
  }
  if (name == "silu") {
    return torch::silu(x);
  }
  return torch::gelu(x, name == "gelu_new" ? "tanh" : "none");
}

std::shared_ptr<CausalLmImpl> make_causal_lm(const LmConfig& config, torch::Generator generator) {
  auto model = config.form == "gpt2"  ? make_gpt2(config)
               : config.form == "opt" ? make_opt(config)
                                      : make_llama(config);
  initialise(*model, config, generator);
  return model;
}

}  // namespace sextant::nn
