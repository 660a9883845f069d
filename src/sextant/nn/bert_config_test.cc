#include "sextant/nn/bert_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Json tiny() {
  return Json::parse(R"({"model_type": "bert", "vocab_size": 100, "hidden_size": 32,
    "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64,
    "max_position_embeddings": 128})");
}

Error error_with(const char* field, const Json& value) {
  Json config = tiny();
  config[field] = value;
  const auto parsed = bert_config_from_hf(config);
  return parsed ? Error{.message = "no error"} : parsed.error();
}

TEST(BertConfig, FillsWhatFilesLeaveOut) {
  const auto c = bert_config_from_hf(tiny());
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->vocab_size, 100);
  EXPECT_EQ(c->head_dim(), 8);
  EXPECT_EQ(c->types, 2);
  EXPECT_EQ(c->norm_eps, 1e-12f);
  EXPECT_EQ(c->activation, BertActivation::kGelu);
  EXPECT_TRUE(c->labels.empty());
  EXPECT_TRUE(c->one_label);
}

TEST(BertConfig, ReadsEveryField) {
  Json config = tiny();
  config["type_vocab_size"] = 5;
  config["layer_norm_eps"] = 1e-5;
  config["position_embedding_type"] = "absolute";
  config["is_decoder"] = false;
  config["id2label"] = {{"0", "bad"}, {"1", "good"}};
  config["problem_type"] = "regression";
  const auto c = bert_config_from_hf(config);
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->types, 5);
  EXPECT_EQ(c->norm_eps, 1e-5f);
  EXPECT_THAT(c->labels, ElementsAre("bad", "good"));
  EXPECT_FALSE(c->one_label);
}

TEST(BertConfig, KnowsItsActivations) {
  const std::pair<const char*, BertActivation> known[] = {
      {"gelu", BertActivation::kGelu},
      {"relu", BertActivation::kRelu},
      {"gelu_new", BertActivation::kGeluTanh},
      {"gelu_pytorch_tanh", BertActivation::kGeluTanh}};
  for (const auto& [name, activation] : known) {
    Json config = tiny();
    config["hidden_act"] = name;
    EXPECT_EQ(bert_config_from_hf(config)->activation, activation);
  }
  const Error error = error_with("hidden_act", "silu");
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_EQ(error.message,
            "[nn/bert] \"hidden_act\": expected gelu, relu, gelu_new or gelu_pytorch_tanh, found "
            "\"silu\" (config.json)");
}

TEST(BertConfig, RefusesOtherNetworks) {
  for (const auto& [field, value] : {std::pair<const char*, Json>{"model_type", "roberta"},
                                     {"model_type", nullptr},
                                     {"position_embedding_type", "relative_key"},
                                     {"is_decoder", true},
                                     {"add_cross_attention", true}}) {
    const Error error = error_with(field, value);
    EXPECT_EQ(error.code, ErrorCode::kUnsupported) << field;
    EXPECT_THAT(error.message, HasSubstr(std::string("\"") + field + "\": expected ")) << field;
  }
}

TEST(BertConfig, RefusesWrongFields) {
  EXPECT_THAT(error_with("vocab_size", nullptr).message,
              HasSubstr("\"vocab_size\": expected a whole number from 1 to 16777216, found "
                        "\"nothing\""));
  EXPECT_THAT(error_with("hidden_size", "32").message, HasSubstr("found \"32\""));
  EXPECT_THAT(error_with("intermediate_size", 0).message, HasSubstr("found 0"));
  EXPECT_THAT(error_with("num_hidden_layers", 5000).message, HasSubstr("from 1 to 4096"));
  EXPECT_THAT(error_with("max_position_embeddings", 1.5).message, HasSubstr("found 1.5"));
  EXPECT_THAT(error_with("type_vocab_size", uint64_t{1} << 63).message,
              HasSubstr("type_vocab_size"));
  EXPECT_THAT(error_with("num_attention_heads", 3).message,
              HasSubstr("expected heads of a multiple of 8 values in a width of 32, found 3"));
  EXPECT_THAT(error_with("layer_norm_eps", -1.0).message, HasSubstr("from 0 up to 1, found -1.0"));
  EXPECT_THAT(error_with("layer_norm_eps", "x").message, HasSubstr("layer_norm_eps"));
  for (const Json& labels : {Json::parse(R"(["a"])"), Json::parse(R"({"0": "a", "2": "b"})"),
                             Json::parse(R"({"0": 7})")}) {
    EXPECT_THAT(error_with("id2label", labels).message, HasSubstr("\"id2label\": expected "));
  }
  EXPECT_THAT(bert_config_from_hf(Json::array()).error().message,
              StartsWith("[nn/bert] \"config.json\": expected an object"));
}

TEST(BertConfig, ShortensLongValuesInMessages) {
  EXPECT_LT(error_with("hidden_act", std::string(1000, 'x')).message.size(), 200U);
}

}  // namespace
}  // namespace sextant::nn
