#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/lm/config.h"

namespace sextant::lm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As older files are: what has a default is left out.
Json gpt2() {
  return Json::parse(R"({"model_type": "gpt2", "vocab_size": 100, "n_embd": 32, "n_layer": 3,
    "n_head": 4, "n_ctx": 1024, "eos_token_id": 99})");
}

Json opt() {
  return Json::parse(R"({"model_type": "opt", "vocab_size": 100, "hidden_size": 32,
    "num_hidden_layers": 2, "num_attention_heads": 2, "ffn_dim": 64, "bos_token_id": 2})");
}

std::string message(Json config, const char* field, Json value) {
  config[field] = std::move(value);
  const auto parsed = config_from_hf(config);
  return parsed ? "" : parsed.error().message;
}

ErrorCode code(Json config, const char* field, Json value) {
  config[field] = std::move(value);
  return config_from_hf(config).error().code;
}

TEST(Gpt2Config, FillsWhatOlderFilesLeaveOut) {
  const auto c = config_from_hf(gpt2());
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->family, "gpt2");
  EXPECT_EQ(c->ffn_dim, 128);
  EXPECT_EQ(c->kv_heads, 4);
  EXPECT_EQ(c->head_dim, 8);
  EXPECT_EQ(c->max_positions, 1024);
  EXPECT_EQ(c->norm_eps, 1e-5f);
  EXPECT_EQ(c->norm, NormKind::kLayer);
  EXPECT_EQ(c->positions, PositionKind::kLearned);
  EXPECT_EQ(c->feed_forward, FeedForward::kGeluTanh);
  EXPECT_EQ(c->attention_scale, 0.0f);
  EXPECT_TRUE(c->tied_embeddings);
  EXPECT_TRUE(c->qkv_bias && c->output_bias && c->ffn_bias);
  EXPECT_THAT(c->window, ElementsAre(0, 0, 0));
  EXPECT_THAT(c->eos, ElementsAre(99));
}

TEST(Gpt2Config, ReadsWhatTheFileSays) {
  Json config = gpt2();
  config.update({{"n_inner", 48},
                 {"n_positions", 64},
                 {"activation_function", "relu"},
                 {"layer_norm_epsilon", 1e-6},
                 {"scale_attn_weights", false},
                 {"tie_word_embeddings", false}});
  const auto c = config_from_hf(config);
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->ffn_dim, 48);
  EXPECT_EQ(c->max_positions, 64);
  EXPECT_EQ(c->feed_forward, FeedForward::kRelu);
  EXPECT_EQ(c->norm_eps, 1e-6f);
  EXPECT_EQ(c->attention_scale, 1.0f);
  EXPECT_FALSE(c->tied_embeddings);
  config["n_inner"] = nullptr;
  config["activation_function"] = "gelu";
  EXPECT_EQ(config_from_hf(config)->ffn_dim, 128);
  EXPECT_EQ(config_from_hf(config)->feed_forward, FeedForward::kGelu);
  config["activation_function"] = "gelu_pytorch_tanh";
  EXPECT_EQ(config_from_hf(config)->feed_forward, FeedForward::kGeluTanh);
}

TEST(Gpt2Config, RefusesWhatIsNotComputed) {
  for (const char* field :
       {"scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "add_cross_attention"}) {
    EXPECT_EQ(message(gpt2(), field, true),
              sextant::format("[lm/config] {}: expected false, found true (config.json)", field));
    EXPECT_EQ(code(gpt2(), field, true), ErrorCode::kUnsupported);
    EXPECT_EQ(message(gpt2(), field, false), "");
  }
  EXPECT_EQ(message(gpt2(), "activation_function", "swish"),
            "[lm/config] activation_function: expected gelu, gelu_new, gelu_pytorch_tanh or relu, "
            "found \"swish\" (config.json)");
  EXPECT_EQ(code(gpt2(), "activation_function", "swish"), ErrorCode::kUnsupported);
}

TEST(Gpt2Config, NamesWhatIsWrong) {
  EXPECT_EQ(message(gpt2(), "n_embd", nullptr),
            "[lm/config] \"n_embd\": expected a number, found nothing (config.json)");
  EXPECT_THAT(message(gpt2(), "n_layer", 5000), HasSubstr("from 1 to 4096, found 5000"));
  EXPECT_EQ(message(gpt2(), "n_head", 3),
            "[lm/config] heads: expected a divisor of the width 32, found 3 (config.json)");
  EXPECT_EQ(message(gpt2(), "n_head", 8),
            "[lm/config] head_dim: expected a multiple of 8, found 4");
  EXPECT_THAT(message(gpt2(), "n_inner", -1), HasSubstr("\"n_inner\": expected a whole number"));
  EXPECT_THAT(message(gpt2(), "n_positions", 1e9), HasSubstr("n_positions"));
  EXPECT_THAT(message(gpt2(), "activation_function", 3),
              HasSubstr("\"activation_function\": expected a string, found 3"));
  EXPECT_THAT(message(gpt2(), "layer_norm_epsilon", 2), HasSubstr("norm epsilon"));
  EXPECT_THAT(message(gpt2(), "scale_attn_weights", "no"), HasSubstr("true or false"));
}

TEST(OptConfig, FillsWhatIsLeftOut) {
  const auto c = config_from_hf(opt());
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->family, "opt");
  EXPECT_EQ(c->head_dim, 16);
  EXPECT_EQ(c->max_positions, 2048);
  EXPECT_EQ(c->feed_forward, FeedForward::kRelu);
  EXPECT_EQ(c->norm_eps, 1e-5f);
  EXPECT_EQ(c->bos, 2);
  EXPECT_TRUE(c->tied_embeddings);
  EXPECT_TRUE(c->qkv_bias && c->output_bias && c->ffn_bias);
  Json without = opt();
  without["enable_bias"] = false;
  const auto plain = config_from_hf(without);
  EXPECT_FALSE(plain->qkv_bias || plain->output_bias || plain->ffn_bias);
}

TEST(OptConfig, RefusesWhatIsNotComputed) {
  EXPECT_EQ(message(opt(), "do_layer_norm_before", false),
            "[lm/config] do_layer_norm_before: expected true, found false (config.json)");
  EXPECT_THAT(message(opt(), "_remove_final_layer_norm", true), HasSubstr("expected false"));
  EXPECT_THAT(message(opt(), "layer_norm_elementwise_affine", false), HasSubstr("expected true"));
  EXPECT_EQ(message(opt(), "word_embed_proj_dim", 16),
            "[lm/config] word_embed_proj_dim: expected the hidden size 32, found 16 (config.json)");
  EXPECT_EQ(code(opt(), "word_embed_proj_dim", 16), ErrorCode::kUnsupported);
  EXPECT_EQ(message(opt(), "word_embed_proj_dim", 32), "");
  EXPECT_THAT(message(opt(), "ffn_dim", nullptr), HasSubstr("\"ffn_dim\": expected a number"));
}

}  // namespace
}  // namespace sextant::lm
