#include "sextant/nn/vit.h"

#include <cmath>

#include "sextant/nn/attention.h"
#include "sextant/nn/forms.h"
#include "sextant/nn/recompute.h"

namespace sextant::nn {
namespace {

using Holder = std::shared_ptr<torch::nn::Module>;

torch::nn::LayerNorm layer_norm(const VitConfig& c) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({c.dim}).eps(c.norm_eps));
}

// A module that only carries a name of the published layout.
Holder named(torch::nn::Module& parent, const char* name) {
  return parent.register_module(name, std::make_shared<torch::nn::Module>());
}

// Waves of rising length along rows and columns, [1,1+N,C]; zeros for the class token.
torch::Tensor wave_positions(const VitConfig& c) {
  const int64_t side = c.image / c.patch;
  const auto places = torch::arange(side, torch::kFloat);
  const int64_t count = c.dim / 4;
  const auto frequency = torch::pow(100.0, -torch::arange(count, torch::kFloat) / count);
  const auto angles = torch::outer(places, frequency);
  const auto waves = torch::cat({angles.sin(), angles.cos()}, 1);  // [side, C/2]
  const auto rows = waves.unsqueeze(1).expand({side, side, c.dim / 2});
  const auto columns = waves.unsqueeze(0).expand({side, side, c.dim / 2});
  const auto all = torch::cat({rows, columns}, 2).reshape({side * side, c.dim});
  return torch::cat({torch::zeros({1, c.dim}), all}).unsqueeze(0);
}

// Scores of a query begin as the likeness of its token to the others, place and content alike.
void start_local(VitImpl& model, const VitConfig& c, torch::Generator& generator) {
  auto parameters = model.named_parameters();
  parameters["vit.embeddings.position_embeddings"].copy_(wave_positions(c));
  torch::Tensor& patches = parameters["vit.embeddings.patch_embeddings.projection.weight"];
  patches.normal_(0.0, 1 / std::sqrt(static_cast<double>(c.channels * c.patch * c.patch)),
                  generator);
  for (int64_t i = 0; i < c.layers; ++i) {
    const std::string layer = sextant::format("vit.encoder.layer.{}.attention.attention.", i);
    torch::Tensor& query = parameters[layer + "query.weight"];
    query.normal_(0.0, std::sqrt(0.7 / static_cast<double>(c.dim)), generator);
    parameters[layer + "key.weight"].copy_(query);
  }
}

}  // namespace

VitLayerImpl::VitLayerImpl(const VitConfig& c) : heads_(c.heads), activation_(c.activation) {
  const Holder attention = named(*this, "attention");
  const Holder inner = named(*attention, "attention");
  query_ = inner->register_module("query", torch::nn::Linear(c.dim, c.dim));
  key_ = inner->register_module("key", torch::nn::Linear(c.dim, c.dim));
  value_ = inner->register_module("value", torch::nn::Linear(c.dim, c.dim));
  output_ = named(*attention, "output")->register_module("dense", torch::nn::Linear(c.dim, c.dim));
  fc1_ = named(*this, "intermediate")->register_module("dense", torch::nn::Linear(c.dim, c.ffn));
  fc2_ = named(*this, "output")->register_module("dense", torch::nn::Linear(c.ffn, c.dim));
  norm_before_ = register_module("layernorm_before", layer_norm(c));
  norm_after_ = register_module("layernorm_after", layer_norm(c));
}

torch::Tensor VitLayerImpl::forward(torch::Tensor x, int64_t wanted) {
  const torch::Tensor in = norm_before_(x);
  const auto mixed = at::scaled_dot_product_attention(
      split_heads(query_(in.narrow(1, 0, wanted)), heads_), split_heads(key_(in), heads_),
      split_heads(value_(in), heads_));
  x = x.narrow(1, 0, wanted) + output_(merge_heads(mixed));
  return x + fc2_(activate(fc1_(norm_after_(x)), activation_));
}

VitImpl::VitImpl(const VitConfig& c) : config_(c) {
  const Holder vit = named(*this, "vit");
  const Holder embeddings = named(*vit, "embeddings");
  class_token_ = embeddings->register_parameter("cls_token", torch::zeros({1, 1, c.dim}));
  positions_ = embeddings->register_parameter("position_embeddings",
                                              torch::zeros({1, c.patches() + 1, c.dim}));
  const Holder projection = named(*named(*embeddings, "patch_embeddings"), "projection");
  patch_weight_ =
      projection->register_parameter("weight", torch::zeros({c.dim, c.channels, c.patch, c.patch}));
  patch_bias_ = projection->register_parameter("bias", torch::zeros({c.dim}));
  auto list = named(*vit, "encoder")->register_module("layer", torch::nn::ModuleList());
  for (int64_t i = 0; i < c.layers; ++i) {
    layers_.emplace_back(c);
    list->push_back(layers_.back());
  }
  norm_ = vit->register_module("layernorm", layer_norm(c));
  classifier_ = register_module("classifier", torch::nn::Linear(c.dim, c.classes));
}

// The class token and the patches with their positions, [B,1+N,C]. The convolution of the published
// form has steps as wide as its window: a product with the pixels of each patch side by side.
torch::Tensor VitImpl::embed(const torch::Tensor& pixels) {
  const int64_t B = pixels.size(0);
  const int64_t side = config_.image / config_.patch;
  const torch::Tensor patches =
      pixels.view({B, config_.channels, side, config_.patch, side, config_.patch})
          .permute({0, 2, 4, 1, 3, 5})
          .reshape({B, side * side, config_.channels * config_.patch * config_.patch});
  const torch::Tensor states = torch::linear(patches, patch_weight_.flatten(1), patch_bias_);
  return torch::cat({class_token_.expand({B, 1, config_.dim}), states}, 1) + positions_;
}

torch::Tensor VitImpl::forward(const torch::Tensor& pixels) {
  torch::Tensor x = embed(pixels);
  for (VitLayer& layer : layers_) {
    // Behind the last block only the class token is looked at.
    const int64_t wanted = &layer == &layers_.back() ? 1 : x.size(1);
    const auto part = [&layer, wanted](const torch::Tensor& in) { return layer(in, wanted); };
    x = recompute_ && is_training() ? recomputed(part, x) : part(x);
  }
  return classifier_(norm_(x.select(1, 0)));
}

Vit make_vit(const VitConfig& config, torch::Generator generator) {
  Vit model(config);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : model->named_parameters()) {
    torch::Tensor& value = parameter.value();
    if (value.dim() > 1) {
      value.normal_(0.0, config.init_std, generator);
    } else {
      value.fill_(parameter.key().find("norm") != std::string::npos &&
                          parameter.key().ends_with("weight")
                      ? 1.0
                      : 0.0);
    }
  }
  if (config.init == "local") {
    start_local(*model, config, generator);
  }
  return model;
}

}  // namespace sextant::nn
