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

// Padding costs as much as tokens do, and rows of a batch differ much in length: all but attention
// itself runs on the tokens alone, [N,C].
struct Packing {
  int64_t batch = 0, length = 0;  // B, T
  torch::Tensor kept;             // [N] indices into B*T: what is seen, and each row's first token
  torch::Tensor seen;             // [B,1,1,T]

  torch::Tensor pack(const torch::Tensor& x) const {  // [B,T] or [B,T,C]
    return x.flatten(0, 1).index_select(0, kept);
  }
  torch::Tensor unpack(const torch::Tensor& x) const {  // to [B,T,C], 0 where nothing is kept
    return torch::zeros({batch * length, x.size(-1)}, x.options())
        .index_copy(0, kept, x)
        .view({batch, length, -1});
  }
};

Packing packing_of(const torch::Tensor& mask) {
  const torch::Tensor seen = mask.to(torch::kBool);
  torch::Tensor kept = seen.clone();
  kept.select(1, 0).fill_(true);
  return {mask.size(0), mask.size(1), kept.flatten().nonzero().flatten(),
          seen.unsqueeze(1).unsqueeze(1)};
}

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
  // All [N], of the kept tokens.
  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& positions,
                        const torch::Tensor& types) {
    torch::Tensor x = words_(ids);
    x = x + (types.defined() ? types_(types) : types_->weight[0]);
    x = x + positions_(positions);
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

  torch::Tensor forward(torch::Tensor x, const Packing& packing) {  // [N,C]
    const auto heads = [&](const torch::Tensor& packed) {
      return split_heads(packing.unpack(packed), heads_);
    };
    const auto mixed =
        at::scaled_dot_product_attention(heads(query_(x)), heads(key_(x)), heads(value_(x)),
                                         packing.seen, is_training() ? attention_dropout_ : 0.0);
    x = attention_output_(packing.pack(merge_heads(mixed)), x);
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
  const Packing packing = packing_of(mask);
  const torch::Tensor positions =
      torch::arange(ids.size(1), ids.options()).unsqueeze(0).expand(ids.sizes());
  torch::Tensor x = embeddings_->forward(packing.pack(ids), packing.pack(positions),
                                         types.defined() ? packing.pack(types) : torch::Tensor());
  for (const auto& layer : layers_) {
    const auto part = [&layer, packing](const torch::Tensor& in) {
      return layer->forward(in, packing);
    };
    x = recompute_ && is_training() ? recomputed(part, x) : part(x);
  }
  const torch::Tensor first = packing.unpack(x).select(1, 0);
  const torch::Tensor pooled = torch::tanh(pooler_(first));
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
