#include "sextant/lm/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::lm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json llama() {
  return Json::parse(R"({"model_type": "llama", "vocab_size": 100, "hidden_size": 32,
    "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64,
    "max_position_embeddings": 128, "hidden_act": "silu"})");
}

std::string message(const Json& config) {
  const auto parsed = config_from_hf(config);
  return parsed ? "" : parsed.error().message;
}

TEST(DecoderConfig, FillsWhatOlderFilesLeaveOut) {
  const auto c = config_from_hf(llama());
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->kv_heads, 4);
  EXPECT_EQ(c->head_dim, 8);
  EXPECT_EQ(c->norm_eps, 1e-6f);
  EXPECT_EQ(c->rope.theta, 10000.0);
  EXPECT_FALSE(c->tied_embeddings);
  EXPECT_TRUE(c->eos.empty());
  EXPECT_THAT(c->window, ElementsAre(0, 0, 0));
}

TEST(DecoderConfig, ReadsBothFormsOfRopeScaling) {
  Json old_form = llama();
  old_form["rope_theta"] = 500000.0;
  old_form["rope_scaling"] = {{"type", "linear"}, {"factor", 4.0}};
  Json new_form = llama();
  new_form["rope_parameters"] = {
      {"rope_type", "linear"}, {"factor", 4.0}, {"rope_theta", 500000.0}};
  for (const Json& config : {old_form, new_form}) {
    const auto c = config_from_hf(config);
    ASSERT_TRUE(c) << c.error().describe();
    EXPECT_EQ(c->rope.type, RopeType::kLinear);
    EXPECT_EQ(c->rope.factor, 4.0);
    EXPECT_EQ(c->rope.theta, 500000.0);
  }
}

TEST(DecoderConfig, WindowsFollowTheFamily) {
  Json config = llama();
  config["sliding_window"] = 16;
  EXPECT_THAT(config_from_hf(config)->window, ElementsAre(0, 0, 0));
  config["model_type"] = "mistral";
  EXPECT_THAT(config_from_hf(config)->window, ElementsAre(16, 16, 16));
  config["model_type"] = "qwen2";
  EXPECT_THAT(config_from_hf(config)->window, ElementsAre(0, 0, 0));
  config["use_sliding_window"] = true;
  config["max_window_layers"] = 1;
  EXPECT_THAT(config_from_hf(config)->window, ElementsAre(0, 16, 16));
  config["layer_types"] = {"sliding_attention", "full_attention", "sliding_attention"};
  EXPECT_THAT(config_from_hf(config)->window, ElementsAre(16, 0, 16));
  EXPECT_TRUE(config_from_hf(config)->qkv_bias);
}

TEST(DecoderConfig, EosMayBeOneOrMany) {
  Json config = llama();
  config["eos_token_id"] = 2;
  EXPECT_THAT(config_from_hf(config)->eos, ElementsAre(2));
  config["eos_token_id"] = {128001, 128009};
  EXPECT_THAT(config_from_hf(config)->eos, ElementsAre(128001, 128009));
}

TEST(DecoderConfig, NamesWhatIsWrong) {
  const auto with = [](const char* field, Json value) {
    Json config = llama();
    config[field] = std::move(value);
    return message(config);
  };
  EXPECT_EQ(with("hidden_size", -3),
            "[lm/config] \"hidden_size\": expected a whole number from 1 to 16777216, found -3 "
            "(config.json)");
  EXPECT_THAT(with("hidden_size", nullptr), HasSubstr("expected a number, found nothing"));
  EXPECT_THAT(with("num_hidden_layers", 1000000), HasSubstr("from 1 to 4096"));
  EXPECT_THAT(with("vocab_size", 1e300), HasSubstr("vocab_size"));
  EXPECT_THAT(with("vocab_size", UINT64_MAX), HasSubstr("vocab_size"));
  EXPECT_THAT(with("model_type", "gpt5"),
              HasSubstr("llama, mistral, qwen2, gpt2 or opt, found \"gpt5\""));
  EXPECT_THAT(with("model_type", 3), HasSubstr("model_type"));
  EXPECT_THAT(with("hidden_act", "gelu"), HasSubstr("expected \"silu\", found \"gelu\""));
  EXPECT_THAT(with("num_key_value_heads", 3), HasSubstr("multiple of the 3 key-value heads"));
  EXPECT_THAT(with("head_dim", 7), HasSubstr("head_dim: expected a multiple of 8, found 7"));
  EXPECT_THAT(with("rms_norm_eps", "tiny"), HasSubstr("rms_norm_eps"));
  EXPECT_THAT(with("tie_word_embeddings", 1), HasSubstr("true or false"));
  EXPECT_THAT(with("mlp_bias", true), HasSubstr("mlp_bias"));
  EXPECT_THAT(with("rope_scaling", 4), HasSubstr("an object"));
  EXPECT_THAT(with("rope_scaling", {{"type", "su"}}), HasSubstr("found \"su\""));
  EXPECT_THAT(with("rope_scaling", {{"type", "linear"}, {"factor", 0}}), HasSubstr("factor"));
  EXPECT_THAT(with("rope_theta", 0.5), HasSubstr("theta"));
  EXPECT_THAT(with("eos_token_id", "x"), HasSubstr("a token id"));
  EXPECT_THAT(message(Json::array()), HasSubstr("an object"));
  Json mistral = llama();
  mistral["model_type"] = "mistral";
  mistral["sliding_window"] = 0;
  EXPECT_THAT(message(mistral), HasSubstr("sliding_window"));
  mistral["sliding_window"] = 8;
  mistral["layer_types"] = {"full_attention"};
  EXPECT_THAT(message(mistral), HasSubstr("a list of 3"));
}

}  // namespace
}  // namespace sextant::lm
