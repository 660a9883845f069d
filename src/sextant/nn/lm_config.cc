#include "sextant/nn/lm_config.h"

namespace sextant::nn {
namespace {

constexpr int64_t kMaxExtent = int64_t{1} << 20;

}  // namespace

void declare(Settings& s, LmConfig& c) {
  s.choice("form", c.form, {"gpt2", "opt", "llama"});
  s.integer("vocab", c.vocab, 2, kMaxExtent);
  s.integer("dim", c.dim, 1, kMaxExtent);
  s.integer("layers", c.layers, 1, 1000);
  s.integer("heads", c.heads, 1, 1024);
  c.kv_heads = c.heads;
  s.integer("kv_heads", c.kv_heads, 1, 1024);
  s.integer("ffn", c.ffn, 1, kMaxExtent);
  s.integer("context", c.context, 1, kMaxExtent);
  if (c.form != "gpt2") {
    c.activation = c.form == "opt" ? "relu" : "silu";
  }
  s.choice("activation", c.activation, {"gelu_new", "gelu", "relu", "silu"});
  s.number("norm_eps", c.norm_eps, 0, 1);
  s.number("rope_theta", c.rope_theta, 1, 1e12);
  s.number("init_std", c.init_std, 0, 10);
  s.flag("tied", c.tied);
  s.require(c.dim % c.heads == 0, "a dim that the heads divide");
  s.require(c.heads % c.kv_heads == 0, "heads that the kv_heads divide");
  s.require(c.form == "llama" || c.kv_heads == c.heads, "kv_heads only with form llama");
  s.require(c.form != "llama" || c.head_dim() % 2 == 0, "an even head size with form llama");
  s.require((c.form == "llama") == (c.activation == "silu"),
            "activation silu with form llama alone");
  s.require(c.tied || c.form == "llama", "tied weights with forms gpt2 and opt");
}

OrderedJson hf_config(const LmConfig& c) {
  if (c.form == "gpt2") {
    return {{"architectures", {"GPT2LMHeadModel"}},
            {"model_type", "gpt2"},
            {"vocab_size", c.vocab},
            {"n_positions", c.context},
            {"n_embd", c.dim},
            {"n_layer", c.layers},
            {"n_head", c.heads},
            {"n_inner", c.ffn},
            {"activation_function", c.activation},
            {"layer_norm_epsilon", c.norm_eps},
            {"tie_word_embeddings", true},
            {"bos_token_id", nullptr},
            {"eos_token_id", nullptr},
            {"torch_dtype", "float32"}};
  }
  if (c.form == "opt") {
    return {{"architectures", {"OPTForCausalLM"}},
            {"model_type", "opt"},
            {"vocab_size", c.vocab},
            {"max_position_embeddings", c.context},
            {"hidden_size", c.dim},
            {"word_embed_proj_dim", c.dim},
            {"num_hidden_layers", c.layers},
            {"num_attention_heads", c.heads},
            {"ffn_dim", c.ffn},
            {"activation_function", c.activation},
            {"do_layer_norm_before", true},
            {"enable_bias", true},
            {"layer_norm_elementwise_affine", true},
            {"tie_word_embeddings", true},
            {"bos_token_id", nullptr},
            {"eos_token_id", nullptr},
            {"pad_token_id", nullptr},
            {"torch_dtype", "float32"}};
  }
  return {{"architectures", {"LlamaForCausalLM"}},
          {"model_type", "llama"},
          {"vocab_size", c.vocab},
          {"max_position_embeddings", c.context},
          {"hidden_size", c.dim},
          {"intermediate_size", c.ffn},
          {"num_hidden_layers", c.layers},
          {"num_attention_heads", c.heads},
          {"num_key_value_heads", c.kv_heads},
          {"head_dim", c.head_dim()},
          {"hidden_act", "silu"},
          {"rms_norm_eps", c.norm_eps},
          {"rope_theta", c.rope_theta},
          {"attention_bias", false},
          {"mlp_bias", false},
          {"tie_word_embeddings", c.tied},
          {"bos_token_id", nullptr},
          {"eos_token_id", nullptr},
          {"torch_dtype", "float32"}};
}

}  // namespace sextant::nn
