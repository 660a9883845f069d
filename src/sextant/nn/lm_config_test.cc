#include "sextant/nn/lm_config.h"

#include <gtest/gtest.h>

namespace sextant::nn {
namespace {

std::string error_of(const char* json) {
  LmConfig config;
  const auto read = read_settings(Json::parse(json), "model", config, declare);
  return read ? "none" : read.error().message;
}

TEST(LmConfig, ReadsEachForm) {
  LmConfig config;
  const auto read = read_settings(
      Json::parse(R"({"form": "llama", "dim": 64, "heads": 8, "kv_heads": 4, "ffn": 172})"),
      "model", config, declare);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(config.activation, "silu");
  EXPECT_EQ(config.head_dim(), 8);
  EXPECT_EQ(config.kv_heads, 4);
  LmConfig opt;
  ASSERT_TRUE(read_settings(Json::parse(R"({"form": "opt"})"), "model", opt, declare));
  EXPECT_EQ(opt.activation, "relu");
  EXPECT_EQ(hf_config(opt)["model_type"], "opt");
}

TEST(LmConfig, WritesTheConfigOfEachForm) {
  LmConfig config;
  EXPECT_EQ(hf_config(config)["n_inner"], 768);
  EXPECT_EQ(hf_config(config)["activation_function"], "gelu_new");
  EXPECT_EQ(hf_config(config)["n_positions"], 128);
  config.form = "opt";
  EXPECT_EQ(hf_config(config)["word_embed_proj_dim"], 192);
  EXPECT_EQ(hf_config(config)["do_layer_norm_before"], true);
  config.form = "llama";
  config.kv_heads = 2;
  config.tied = false;
  EXPECT_EQ(hf_config(config)["num_key_value_heads"], 2);
  EXPECT_EQ(hf_config(config)["head_dim"], 48);
  EXPECT_EQ(hf_config(config)["tie_word_embeddings"], false);
}

TEST(LmConfig, RefusesWhatDoesNotFitTogether) {
  EXPECT_EQ(error_of(R"({"dim": 10, "heads": 3})"),
            "[base/settings] model: expected a dim that the heads divide");
  EXPECT_EQ(error_of(R"({"heads": 4, "kv_heads": 2})"),
            "[base/settings] model: expected kv_heads only with form llama");
  EXPECT_EQ(error_of(R"({"form": "llama", "heads": 4, "kv_heads": 3})"),
            "[base/settings] model: expected heads that the kv_heads divide");
  EXPECT_EQ(error_of(R"({"form": "llama", "activation": "relu"})"),
            "[base/settings] model: expected activation silu with form llama alone");
  EXPECT_EQ(error_of(R"({"form": "llama", "dim": 12, "heads": 4})"),
            "[base/settings] model: expected an even head size with form llama");
  EXPECT_EQ(error_of(R"({"tied": false})"),
            "[base/settings] model: expected tied weights with forms gpt2 and opt");
}

}  // namespace
}  // namespace sextant::nn
