// GPT-2 (Radford et al. 2019) as transformers' GPT2LMHeadModel stores it: pre-norm blocks, learned
// positions, linear weights transposed ([in,out], its Conv1D), the head tied to the embedding.
#include "sextant/nn/attention.h"
#include "sextant/nn/forms.h"
#include "sextant/nn/recompute.h"

namespace sextant::nn {
namespace {

// y = x W + b with W [in,out].
class Conv1dImpl : public torch::nn::Module {
 public:
  Conv1dImpl(int64_t in, int64_t out) {
    weight_ = register_parameter("weight", torch::empty({in, out}));
    bias_ = register_parameter("bias", torch::empty({out}));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto rows = x.reshape({-1, x.size(-1)});
    return torch::addmm(bias_, rows, weight_).view({x.size(0), x.size(1), -1});
  }

 private:
  torch::Tensor weight_, bias_;
};
TORCH_MODULE(Conv1d);

torch::nn::LayerNorm layer_norm(const LmConfig& c) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({c.dim}).eps(c.norm_eps));
}

class BlockImpl : public torch::nn::Module {
 public:
  explicit BlockImpl(const LmConfig& c) : heads_(c.heads), activation_(c.activation) {
    ln_1_ = register_module("ln_1", layer_norm(c));
    auto attn = register_module("attn", std::make_shared<torch::nn::Module>());
    c_attn_ = attn->register_module("c_attn", Conv1d(c.dim, 3 * c.dim));
    attn_proj_ = attn->register_module("c_proj", Conv1d(c.dim, c.dim));
    ln_2_ = register_module("ln_2", layer_norm(c));
    auto mlp = register_module("mlp", std::make_shared<torch::nn::Module>());
    c_fc_ = mlp->register_module("c_fc", Conv1d(c.dim, c.ffn));
    mlp_proj_ = mlp->register_module("c_proj", Conv1d(c.ffn, c.dim));
  }

  torch::Tensor forward(torch::Tensor x, const torch::Tensor& mask) {
    const auto qkv = c_attn_(ln_1_(x)).chunk(3, -1);  // each [B,T,C]
    const auto mixed = causal_attention(split_heads(qkv[0], heads_), split_heads(qkv[1], heads_),
                                        split_heads(qkv[2], heads_), mask);
    x = x + attn_proj_(merge_heads(mixed));
    return x + mlp_proj_(activate(c_fc_(ln_2_(x)), activation_));
  }

 private:
  int64_t heads_;
  std::string activation_;
  torch::nn::LayerNorm ln_1_{nullptr}, ln_2_{nullptr};
  Conv1d c_attn_{nullptr}, attn_proj_{nullptr}, c_fc_{nullptr}, mlp_proj_{nullptr};
};
TORCH_MODULE(Block);

class Gpt2Impl : public CausalLmImpl {
 public:
  explicit Gpt2Impl(const LmConfig& c) {
    auto body = register_module("transformer", std::make_shared<torch::nn::Module>());
    wte_ = body->register_module("wte", torch::nn::Embedding(c.vocab, c.dim));
    wpe_ = body->register_module("wpe", torch::nn::Embedding(c.context, c.dim));
    auto list = body->register_module("h", torch::nn::ModuleList());
    for (int64_t i = 0; i < c.layers; ++i) {
      blocks_.emplace_back(c);
      list->push_back(blocks_.back());
    }
    ln_f_ = body->register_module("ln_f", layer_norm(c));
  }

  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& segments) override {
    const torch::Tensor mask = segment_mask(segments);
    torch::Tensor x = wte_(ids) + wpe_->weight.slice(0, 0, ids.size(1));
    for (Block& block : blocks_) {
      x = recompute_ && is_training()
              ? recomputed([&block, mask](const torch::Tensor& in) { return block(in, mask); }, x)
              : block(x, mask);
    }
    return torch::linear(ln_f_(x), wte_->weight);
  }

 private:
  torch::nn::Embedding wte_{nullptr}, wpe_{nullptr};
  std::vector<Block> blocks_;
  torch::nn::LayerNorm ln_f_{nullptr};
};

}  // namespace

std::shared_ptr<CausalLmImpl> make_gpt2(const LmConfig& config) {
  return std::make_shared<Gpt2Impl>(config);
}

}  // namespace sextant::nn
