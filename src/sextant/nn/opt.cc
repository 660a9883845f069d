// OPT (Zhang et al. 2022) as transformers' OPTForCausalLM stores it: pre-norm blocks, biases
// everywhere, learned positions whose table begins with two rows that are never used, the head
// tied.
#include "sextant/nn/attention.h"
#include "sextant/nn/forms.h"
#include "sextant/nn/recompute.h"

namespace sextant::nn {
namespace {

constexpr int64_t kPositionOffset = 2;

torch::nn::LayerNorm layer_norm(const LmConfig& c) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({c.dim}).eps(c.norm_eps));
}

class LayerImpl : public torch::nn::Module {
 public:
  explicit LayerImpl(const LmConfig& c) : heads_(c.heads), activation_(c.activation) {
    auto attention = register_module("self_attn", std::make_shared<torch::nn::Module>());
    k_proj_ = attention->register_module("k_proj", torch::nn::Linear(c.dim, c.dim));
    v_proj_ = attention->register_module("v_proj", torch::nn::Linear(c.dim, c.dim));
    q_proj_ = attention->register_module("q_proj", torch::nn::Linear(c.dim, c.dim));
    out_proj_ = attention->register_module("out_proj", torch::nn::Linear(c.dim, c.dim));
    attention_norm_ = register_module("self_attn_layer_norm", layer_norm(c));
    fc1_ = register_module("fc1", torch::nn::Linear(c.dim, c.ffn));
    fc2_ = register_module("fc2", torch::nn::Linear(c.ffn, c.dim));
    final_norm_ = register_module("final_layer_norm", layer_norm(c));
  }

  torch::Tensor forward(torch::Tensor x, const torch::Tensor& mask) {
    const torch::Tensor in = attention_norm_(x);
    const auto mixed =
        causal_attention(split_heads(q_proj_(in), heads_), split_heads(k_proj_(in), heads_),
                         split_heads(v_proj_(in), heads_), mask);
    x = x + out_proj_(merge_heads(mixed));
    return x + fc2_(activate(fc1_(final_norm_(x)), activation_));
  }

 private:
  int64_t heads_;
  std::string activation_;
  torch::nn::Linear q_proj_{nullptr}, k_proj_{nullptr}, v_proj_{nullptr}, out_proj_{nullptr};
  torch::nn::Linear fc1_{nullptr}, fc2_{nullptr};
  torch::nn::LayerNorm attention_norm_{nullptr}, final_norm_{nullptr};
};
TORCH_MODULE(Layer);

class OptImpl : public CausalLmImpl {
 public:
  explicit OptImpl(const LmConfig& c) {
    auto model = register_module("model", std::make_shared<torch::nn::Module>());
    auto decoder = model->register_module("decoder", std::make_shared<torch::nn::Module>());
    tokens_ = decoder->register_module("embed_tokens", torch::nn::Embedding(c.vocab, c.dim));
    positions_ = decoder->register_module("embed_positions",
                                          torch::nn::Embedding(c.context + kPositionOffset, c.dim));
    final_norm_ = decoder->register_module("final_layer_norm", layer_norm(c));
    auto list = decoder->register_module("layers", torch::nn::ModuleList());
    for (int64_t i = 0; i < c.layers; ++i) {
      layers_.emplace_back(c);
      list->push_back(layers_.back());
    }
  }

  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& segments) override {
    const torch::Tensor mask = segment_mask(segments);
    torch::Tensor x =
        tokens_(ids) + positions_->weight.slice(0, kPositionOffset, kPositionOffset + ids.size(1));
    for (Layer& layer : layers_) {
      x = recompute_ && is_training()
              ? recomputed([&layer, mask](const torch::Tensor& in) { return layer(in, mask); }, x)
              : layer(x, mask);
    }
    return torch::linear(final_norm_(x), tokens_->weight);
  }

 private:
  torch::nn::Embedding tokens_{nullptr}, positions_{nullptr};
  torch::nn::LayerNorm final_norm_{nullptr};
  std::vector<Layer> layers_;
};

}  // namespace

std::shared_ptr<CausalLmImpl> make_opt(const LmConfig& config) {
  return std::make_shared<OptImpl>(config);
}

}  // namespace sextant::nn
