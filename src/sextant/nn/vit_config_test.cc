#include "sextant/nn/vit_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_data.h"

namespace sextant::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json valid() {
  return Json::parse(R"({"model_type": "vit", "image_size": 12, "patch_size": 4,
    "num_channels": 1, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 24, "id2label": {"0": "bag", "1": "coat"}})");
}

std::string error_with(const char* key, const char* value) {
  Json config = valid();
  config[key] = Json::parse(value);
  const auto read = vit_config_from_hf(config);
  return read ? "none" : read.error().message;
}

TEST(VitConfig, ReadsAFolderOfTransformers) {
  const auto config = read_vit_config(test_data::repository("tests/parity/nn/vit"));
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ(config->image, 12);
  EXPECT_EQ(config->patch, 4);
  EXPECT_EQ(config->channels, 3);
  EXPECT_EQ(config->dim, 16);
  EXPECT_EQ(config->layers, 2);
  EXPECT_EQ(config->heads, 2);
  EXPECT_EQ(config->ffn, 24);
  EXPECT_EQ(config->norm_eps, 1e-6);
  EXPECT_THAT(config->labels, ElementsAre("circle", "square", "star"));
}

TEST(VitConfig, ReadsWhatItWrites) {
  VitConfig written;
  written.labels = {"bag", "coat", "shirt"};
  written.classes = 3;
  written.activation = "relu";
  written.norm_eps = 1e-5;
  const auto read = vit_config_from_hf(Json::parse(hf_config(written).dump()));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(hf_config(*read), hf_config(written));
  EXPECT_EQ(read->classes, 3);
}

TEST(VitConfig, TakesTransformersOwnValuesForWhatIsLeftOut) {
  const auto read = vit_config_from_hf(Json::parse(R"({"model_type": "vit"})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->image, 224);
  EXPECT_EQ(read->dim, 768);
  EXPECT_EQ(read->patches(), 196);
  // google/vit-base-patch16-224 with two classes: 85.8 million.
  EXPECT_EQ(read->parameters(), 85'800'194);
}

TEST(VitConfig, RefusesWhatIsWrong) {
  EXPECT_EQ(error_with("model_type", "\"bert\""),
            "[nn/vit] \"model_type\": expected \"vit\", found \"bert\" (config.json)");
  EXPECT_EQ(error_with("qkv_bias", "false"),
            "[nn/vit] \"qkv_bias\": expected true, found false (config.json)");
  EXPECT_EQ(error_with("hidden_size", "0"),
            "[nn/vit] \"hidden_size\": expected a whole number from 1 to 1048576, found 0 "
            "(config.json)");
  EXPECT_THAT(error_with("hidden_size", "18446744073709551615"), HasSubstr("a whole number"));
  EXPECT_THAT(error_with("hidden_size", "1.5"), HasSubstr("a whole number"));
  EXPECT_THAT(error_with("num_attention_heads", "3"), HasSubstr("a divisor of the width 16"));
  EXPECT_THAT(error_with("patch_size", "5"), HasSubstr("a divisor of the side 12"));
  EXPECT_THAT(error_with("image_size", "[12, 8]"), HasSubstr("expected a square"));
  EXPECT_THAT(error_with("hidden_act", "\"quick_gelu\""), HasSubstr("gelu, gelu_new, relu"));
  EXPECT_THAT(error_with("layer_norm_eps", "2"), HasSubstr("a number from 0 up to 1"));
  EXPECT_THAT(error_with("id2label", "{\"0\": \"a\", \"2\": \"b\"}"),
              HasSubstr("a name for index 1"));
  EXPECT_THAT(error_with("id2label", "[]"), HasSubstr("an object from index to name"));
  EXPECT_THAT(error_with("problem_type", "\"regression\""), HasSubstr("single_label"));
  EXPECT_EQ(vit_config_from_hf(Json::array()).error().message,
            "[nn/vit] expected an object, found array (config.json)");
  EXPECT_EQ(error_with("image_size", "[12, 12]"), "none");
}

TEST(VitConfig, NamesTheFolderOfAnError) {
  const auto missing = read_vit_config(test_data::repository("tests/parity/nn"));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("expected a config.json, found none"));
  const auto other = read_vit_config(test_data::repository("models/stories260k"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().describe(), HasSubstr("found \"llama\" (config.json) (in "));
}

TEST(VitConfig, ReadsARecipe) {
  VitConfig config;
  const auto error_of = [&](const char* json) {
    const auto read = read_settings(Json::parse(json), "model", config,
                                    static_cast<void (*)(Settings&, VitConfig&)>(declare));
    return read ? "none" : read.error().message;
  };
  EXPECT_EQ(error_of(R"({"form": "vit", "image": 32, "patch": 8, "channels": 3, "dim": 48})"),
            "none");
  EXPECT_EQ(config.patches(), 16);
  EXPECT_THAT(error_of(R"({"heads": 5})"), HasSubstr("a dim that the heads divide"));
  EXPECT_THAT(error_of(R"({"heads": 3, "dim": 9, "init": "local"})"),
              HasSubstr("a dim that 4 divides with init local"));
  EXPECT_THAT(error_of(R"({"heads": 4, "dim": 16, "patch": 5})"),
              HasSubstr("an image that the patch divides"));
}

}  // namespace
}  // namespace sextant::nn
