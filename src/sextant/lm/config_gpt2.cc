// Networks with learned positions, layer norms and a feed-forward of two matrices: GPT-2 and OPT.
// Field names and defaults: transformers configuration_gpt2.py and configuration_opt.py.
#include <array>

#include "sextant/lm/config_fields.h"
#include "sextant/lm/config_forms.h"

namespace sextant::lm {
namespace {

struct ActivationName {
  std::string_view name;
  FeedForward kind;
};
constexpr std::array kActivations = {
    ActivationName{"gelu", FeedForward::kGelu},
    ActivationName{"gelu_new", FeedForward::kGeluTanh},
    ActivationName{"gelu_pytorch_tanh", FeedForward::kGeluTanh},
    ActivationName{"relu", FeedForward::kRelu},
};

Result<FeedForward> activation(const Json& config, std::string missing) {
  SEXTANT_TRY(const std::string name, word(config, "activation_function", std::move(missing)));
  for (const ActivationName& entry : kActivations) {
    if (entry.name == name) {
      return entry.kind;
    }
  }
  return fail(ErrorCode::kUnsupported,
              "[lm/config] activation_function: expected gelu, gelu_new, gelu_pytorch_tanh or "
              "relu, found \"{}\" (config.json)",
              name);
}

// A switch that changes the network, and its only value that is computed here.
Result<void> require(const Json& config, std::string_view name, bool computed) {
  SEXTANT_TRY(const bool found, flag(config, name, computed));
  if (found != computed) {
    return fail(ErrorCode::kUnsupported, "[lm/config] {}: expected {}, found {} (config.json)",
                name, computed, found);
  }
  return {};
}

// What follows from the widths that were read.
Result<DecoderConfig> finish(DecoderConfig c) {
  if (c.dim % c.heads != 0) {
    return fail(ErrorCode::kDataLoss,
                "[lm/config] heads: expected a divisor of the width {}, found {} (config.json)",
                c.dim, c.heads);
  }
  c.kv_heads = c.heads;
  c.head_dim = c.dim / c.heads;
  c.norm = NormKind::kLayer;
  c.positions = PositionKind::kLearned;
  c.window.assign(static_cast<size_t>(c.layers), 0);
  return c;
}

}  // namespace

Result<DecoderConfig> gpt2_form(const Json& config, std::string family) {
  DecoderConfig c;
  c.family = std::move(family);
  SEXTANT_TRY_VOID(require(config, "scale_attn_by_inverse_layer_idx", false));
  SEXTANT_TRY_VOID(require(config, "reorder_and_upcast_attn", false));
  SEXTANT_TRY_VOID(require(config, "add_cross_attention", false));
  SEXTANT_TRY(c.vocab_size, integer(config, "vocab_size", {}));
  SEXTANT_TRY(c.dim, integer(config, "n_embd", {}));
  SEXTANT_TRY(c.layers, integer(config, "n_layer", {}, kMaxLayers));
  SEXTANT_TRY(c.heads, integer(config, "n_head", {}));
  SEXTANT_TRY(c.ffn_dim, integer(config, "n_inner", 4 * c.dim));
  SEXTANT_TRY(c.max_positions, integer(config, "n_positions", 1024));
  SEXTANT_TRY(c.feed_forward, activation(config, "gelu_new"));
  SEXTANT_TRY(const double epsilon, number(config, "layer_norm_epsilon", 1e-5));
  c.norm_eps = static_cast<float>(epsilon);
  SEXTANT_TRY(const bool scaled, flag(config, "scale_attn_weights", true));
  c.attention_scale = scaled ? 0.0f : 1.0f;
  SEXTANT_TRY(c.tied_embeddings, flag(config, "tie_word_embeddings", true));
  c.qkv_bias = c.output_bias = c.ffn_bias = true;
  return finish(std::move(c));
}

Result<DecoderConfig> opt_form(const Json& config, std::string family) {
  DecoderConfig c;
  c.family = std::move(family);
  SEXTANT_TRY_VOID(require(config, "do_layer_norm_before", true));
  SEXTANT_TRY_VOID(require(config, "_remove_final_layer_norm", false));
  SEXTANT_TRY_VOID(require(config, "layer_norm_elementwise_affine", true));
  SEXTANT_TRY(c.vocab_size, integer(config, "vocab_size", {}));
  SEXTANT_TRY(c.dim, integer(config, "hidden_size", {}));
  SEXTANT_TRY(const int64_t embedding, integer(config, "word_embed_proj_dim", c.dim));
  if (embedding != c.dim) {
    return fail(ErrorCode::kUnsupported,
                "[lm/config] word_embed_proj_dim: expected the hidden size {}, found {} "
                "(config.json)",
                c.dim, embedding);
  }
  SEXTANT_TRY(c.layers, integer(config, "num_hidden_layers", {}, kMaxLayers));
  SEXTANT_TRY(c.heads, integer(config, "num_attention_heads", {}));
  SEXTANT_TRY(c.ffn_dim, integer(config, "ffn_dim", {}));
  SEXTANT_TRY(c.max_positions, integer(config, "max_position_embeddings", 2048));
  SEXTANT_TRY(c.feed_forward, activation(config, "relu"));
  c.norm_eps = 1e-5f;  // nothing in the file says so: the default of torch's LayerNorm
  SEXTANT_TRY(c.tied_embeddings, flag(config, "tie_word_embeddings", true));
  SEXTANT_TRY(const bool bias, flag(config, "enable_bias", true));
  c.qkv_bias = c.output_bias = c.ffn_bias = bias;
  return finish(std::move(c));
}

}  // namespace sextant::lm
