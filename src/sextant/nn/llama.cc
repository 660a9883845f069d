// Llama (Touvron et al. 2023) as transformers' LlamaForCausalLM stores it: RMS norm, rotary
// positions over half-split pairs, SwiGLU, no biases; the head tied to the embedding or its own.
#include "sextant/nn/attention.h"
#include "sextant/nn/forms.h"
#include "sextant/nn/recompute.h"
#include "sextant/nn/row_ops.h"

namespace sextant::nn {
namespace {

// cos and sin of each position's angles, [T,D/2] (RoFormer, section 3.2.2).
struct Rotary {
  torch::Tensor cos, sin;
};

Rotary rotary_of(const LmConfig& c) {
  const int64_t D = c.head_dim();
  const auto even = torch::arange(0, D, 2, torch::kInt64).to(torch::kFloat);
  const auto frequency = 1.0 / torch::pow(c.rope_theta, even / static_cast<double>(D));
  const auto angle =
      torch::outer(torch::arange(c.context, torch::kInt64).to(torch::kFloat), frequency);
  return {angle.cos(), angle.sin()};
}

class RmsNormImpl : public torch::nn::Module {
 public:
  explicit RmsNormImpl(const LmConfig& c) : eps_(c.norm_eps) {
    weight_ = register_parameter("weight", torch::empty({c.dim}));
  }
  torch::Tensor forward(const torch::Tensor& x) { return rms_norm(x, weight_, eps_); }

 private:
  double eps_;
  torch::Tensor weight_;
};
TORCH_MODULE(RmsNorm);

torch::nn::Linear linear(int64_t in, int64_t out) {
  return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(false));
}

class LayerImpl : public torch::nn::Module {
 public:
  explicit LayerImpl(const LmConfig& c)
      : heads_(c.heads), kv_heads_(c.kv_heads), head_dim_(c.head_dim()) {
    const int64_t kv = c.kv_heads * c.head_dim();
    auto attention = register_module("self_attn", std::make_shared<torch::nn::Module>());
    q_proj_ = attention->register_module("q_proj", linear(c.dim, c.dim));
    k_proj_ = attention->register_module("k_proj", linear(c.dim, kv));
    v_proj_ = attention->register_module("v_proj", linear(c.dim, kv));
    o_proj_ = attention->register_module("o_proj", linear(c.dim, c.dim));
    auto mlp = register_module("mlp", std::make_shared<torch::nn::Module>());
    gate_proj_ = mlp->register_module("gate_proj", linear(c.dim, c.ffn));
    up_proj_ = mlp->register_module("up_proj", linear(c.dim, c.ffn));
    down_proj_ = mlp->register_module("down_proj", linear(c.ffn, c.dim));
    input_norm_ = register_module("input_layernorm", RmsNorm(c));
    ffn_norm_ = register_module("post_attention_layernorm", RmsNorm(c));
  }

  torch::Tensor forward(torch::Tensor x, const Rotary& positions, const torch::Tensor& mask) {
    const torch::Tensor in = input_norm_(x);
    const auto turned = [&](const torch::Tensor& heads) {
      return rotary(heads, head_dim_, positions.cos, positions.sin);
    };
    const auto mixed = causal_attention(split_heads(turned(q_proj_(in)), heads_),
                                        split_heads(turned(k_proj_(in)), kv_heads_),
                                        split_heads(v_proj_(in), kv_heads_), mask);
    x = x + o_proj_(merge_heads(mixed));
    const torch::Tensor ffn_in = ffn_norm_(x);
    return x + down_proj_(silu_mul(gate_proj_(ffn_in), up_proj_(ffn_in)));
  }

 private:
  int64_t heads_, kv_heads_, head_dim_;
  torch::nn::Linear q_proj_{nullptr}, k_proj_{nullptr}, v_proj_{nullptr}, o_proj_{nullptr};
  torch::nn::Linear gate_proj_{nullptr}, up_proj_{nullptr}, down_proj_{nullptr};
  RmsNorm input_norm_{nullptr}, ffn_norm_{nullptr};
};
TORCH_MODULE(Layer);

class LlamaImpl : public CausalLmImpl {
 public:
  explicit LlamaImpl(const LmConfig& c) : positions_(rotary_of(c)) {
    auto model = register_module("model", std::make_shared<torch::nn::Module>());
    tokens_ = model->register_module("embed_tokens", torch::nn::Embedding(c.vocab, c.dim));
    auto list = model->register_module("layers", torch::nn::ModuleList());
    for (int64_t i = 0; i < c.layers; ++i) {
      layers_.emplace_back(c);
      list->push_back(layers_.back());
    }
    norm_ = model->register_module("norm", RmsNorm(c));
    if (!c.tied) {
      head_ = register_module("lm_head", linear(c.dim, c.vocab));
    }
  }

  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& segments) override {
    const torch::Tensor mask = segment_mask(segments);
    const Rotary positions{positions_.cos.to(ids.device()), positions_.sin.to(ids.device())};
    torch::Tensor x = tokens_(ids);
    for (Layer& layer : layers_) {
      const auto part = [&layer, positions, mask](const torch::Tensor& in) {
        return layer(in, positions, mask);
      };
      x = recompute_ && is_training() ? recomputed(part, x) : part(x);
    }
    x = norm_(x);
    return torch::linear(x, head_ ? head_->weight : tokens_->weight);
  }

 private:
  Rotary positions_;
  torch::nn::Embedding tokens_{nullptr};
  std::vector<Layer> layers_;
  RmsNorm norm_{nullptr};
  torch::nn::Linear head_{nullptr};
};

}  // namespace

std::shared_ptr<CausalLmImpl> make_llama(const LmConfig& config) {
  return std::make_shared<LlamaImpl>(config);
}

}  // namespace sextant::nn
