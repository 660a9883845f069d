#include "sextant/nn/bert.h"

#include "sextant/nn/attention.h"
#include "sextant/nn/load_weights.h"
#include "sextant/nn/recompute.h"

namespace sextant::nn {
namespace {

constexpr double kInitStd = 0.02;

torch::nn::LayerNorm layer_norm(const BertConfig& c) {
  return torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({c.dim}).eps(static_cast<double>(c.norm_eps)));
}

torch::Tensor activate(const torch::Tensor& x, BertActivation activation) {
  if (activation == BertActivation::kRelu) {
    return torch::relu(x);
  }
  return torch::gelu(x, activation == BertActivation::kGeluTanh ? "tanh" : "none");
}

void initialise(torch::nn::Module& model, torch::Generator& generator) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : model.named_parameters()) {
    torch::Tensor& value = parameter.value();
    if (value.dim() > 1) {
      value.normal_(0.0, kInitStd, generator);
    } else {
      value.fill_(std::string_view(parameter.key()).ends_with("LayerNorm.weight") ? 1.0 : 0.0);
    }
  }
}

// A linear layer, dropout, and the norm of its sum with the residual.
class ResidualImpl : public torch::nn::Module {
 public:
  ResidualImpl(int64_t in, const BertConfig& c, double dropout) : dropout_(dropout) {
    dense_ = register_module("dense", torch::nn::Linear(in, c.dim));
    norm_ = register_module("LayerNorm", layer_norm(c));
  }
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual) {
    return norm_(torch::dropout(dense_(x), dropout_, is_training()) + residual);
  }

 private:
  double dropout_;
  torch::nn::Linear dense_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(Residual);

}  // namespace

class BertEmbeddingsImpl : public torch::nn::Module {
 public:
  BertEmbeddingsImpl(const BertConfig& c, double dropout) : dropout_(dropout) {
    words_ = register_module("word_embeddings", torch::nn::Embedding(c.vocab_size, c.dim));
    positions_ =
        register_module("position_embeddings", torch::nn::Embedding(c.max_positions, c.dim));
    types_ = register_module("token_type_embeddings", torch::nn::Embedding(c.types, c.dim));
    norm_ = register_module("LayerNorm", layer_norm(c));
  }
  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& types) {
    torch::Tensor x = words_(ids);
    x = x + (types.defined() ? types_(types) : types_->weight[0]);
    x = x + positions_->weight.slice(0, 0, ids.size(1));
    return torch::dropout(norm_(x), dropout_, is_training());
  }

 private:
  double dropout_;
  torch::nn::Embedding words_{nullptr}, positions_{nullptr}, types_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};

class BertLayerImpl : public torch::nn::Module {
 public:
  BertLayerImpl(const BertConfig& c, const BertDropout& dropout)
      : heads_(c.heads), activation_(c.activation), attention_dropout_(dropout.attention) {
    auto attention = register_module("attention", std::make_shared<torch::nn::Module>());
    auto self = attention->register_module("self", std::make_shared<torch::nn::Module>());
    query_ = self->register_module("query", torch::nn::Linear(c.dim, c.dim));
    key_ = self->register_module("key", torch::nn::Linear(c.dim, c.dim));
    value_ = self->register_module("value", torch::nn::Linear(c.dim, c.dim));
    attention_output_ = attention->register_module("output", Residual(c.dim, c, dropout.hidden));
    auto intermediate = register_module("intermediate", std::make_shared<torch::nn::Module>());
    up_ = intermediate->register_module("dense", torch::nn::Linear(c.dim, c.ffn_dim));
    output_ = register_module("output", Residual(c.ffn_dim, c, dropout.hidden));
  }

  // x [B,T,C]; mask [B,1,1,T], true where a key is seen.
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& mask) {
    const auto mixed = at::scaled_dot_product_attention(
        split_heads(query_(x), heads_), split_heads(key_(x), heads_),
        split_heads(value_(x), heads_), mask, is_training() ? attention_dropout_ : 0.0);
    x = attention_output_(merge_heads(mixed), x);
    return output_(activate(up_(x), activation_), x);
  }

 private:
  int64_t heads_;
  BertActivation activation_;
  double attention_dropout_;
  torch::nn::Linear query_{nullptr}, key_{nullptr}, value_{nullptr}, up_{nullptr};
  Residual attention_output_{nullptr}, output_{nullptr};
};

BertClassifierImpl::BertClassifierImpl(const BertConfig& c, int64_t classes,
                                       const BertDropout& dropout, torch::Generator generator)
    : dropout_(dropout.hidden) {
  auto bert = register_module("bert", std::make_shared<torch::nn::Module>());
  embeddings_ =
      bert->register_module("embeddings", std::make_shared<BertEmbeddingsImpl>(c, dropout.hidden));
  auto encoder = bert->register_module("encoder", std::make_shared<torch::nn::Module>());
  auto list = encoder->register_module("layer", torch::nn::ModuleList());
  for (int64_t i = 0; i < c.layers; ++i) {
    layers_.push_back(std::make_shared<BertLayerImpl>(c, dropout));
    list->push_back(layers_.back());
  }
  auto pooler = bert->register_module("pooler", std::make_shared<torch::nn::Module>());
  pooler_ = pooler->register_module("dense", torch::nn::Linear(c.dim, c.dim));
  classifier_ = register_module("classifier", torch::nn::Linear(c.dim, classes));
  initialise(*this, generator);
}

torch::Tensor BertClassifierImpl::forward(const torch::Tensor& ids, const torch::Tensor& mask,
                                          const torch::Tensor& types) {
  const torch::Tensor seen = mask.to(torch::kBool).unsqueeze(1).unsqueeze(1);
  torch::Tensor x = embeddings_->forward(ids, types);
  for (const auto& layer : layers_) {
    x = recompute_ && is_training()
            ? recomputed(
                  [&layer, seen](const torch::Tensor& in) { return layer->forward(in, seen); }, x)
            : layer->forward(x, seen);
  }
  const torch::Tensor pooled = torch::tanh(pooler_(x.select(1, 0)));
  return classifier_(torch::dropout(pooled, dropout_, is_training()));
}

Result<void> load_bert(BertClassifierImpl& model, const io::TensorSource& source) {
  const auto aliases = [](const std::string& name) {
    std::vector<std::string> others;
    if (name.starts_with("bert.")) {
      others.push_back(name.substr(5));
    }
    return others;
  };
  return load_weights(model, source,
                      {.topic = "nn/bert",
                       .aliases = aliases,
                       .optional = {"classifier.*", "bert.pooler.*"},
                       .ignored = {"*embeddings.position_ids", "cls.*"}});
}

}  // namespace sextant::nn
