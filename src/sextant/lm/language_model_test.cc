#include "sextant/lm/language_model.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/json.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;

// A copy of the stories260k folder that each test changes.
class ModelFolder : public ::testing::Test {
 protected:
  ModelFolder() {
    for (const char* name : {"config.json", "model.safetensors", "tok512.bin"}) {
      folder_.write(name, test_data::read(test_data::repository("models/stories260k") / name));
    }
  }

  Result<LanguageModel> load() { return load_language_model(folder_.path(), {.pool = pool_}); }
  Error error() {
    const auto model = load();
    return model ? Error{} : model.error();
  }
  void remove(std::string_view name) { std::filesystem::remove(folder_ / name); }

  std::string chat_template() {
    const auto model = load();
    return model ? model->chat_template : model.error().message;
  }

  void change_config(const char* field, Json value) {
    Json config = Json::parse(test_data::read(folder_ / "config.json"));
    config[field] = std::move(value);
    folder_.write("config.json", config.dump());
  }

  ThreadPool pool_{1};
  test_data::TempFolder folder_;
};

TEST_F(ModelFolder, HasNameTokenizerAndEnd) {
  const auto model = load();
  ASSERT_TRUE(model) << model.error().describe();
  EXPECT_EQ(model->name, std::filesystem::canonical(folder_.path()).filename().string());
  EXPECT_EQ(model->path, folder_.path());
  EXPECT_EQ(model->chat_template, "");
  EXPECT_EQ(model->tokenizer.vocab_size(), 512);
  EXPECT_TRUE(model->ends_text(2));
  EXPECT_FALSE(model->ends_text(1));
}

TEST_F(ModelFolder, EndsOfAllFilesCountOnce) {
  change_config("eos_token_id", {7, 2});
  folder_.write("generation_config.json", R"({"eos_token_id": [2, 9, 7]})");
  const auto model = load();
  ASSERT_TRUE(model) << model.error().describe();
  EXPECT_EQ(std::count(model->eos.begin(), model->eos.end(), 2), 1);
  for (const int32_t id : {2, 7, 9}) {
    EXPECT_TRUE(model->ends_text(id)) << id;
  }
  EXPECT_FALSE(model->ends_text(8));
}

TEST_F(ModelFolder, WithoutConfigurationIsNotFound) {
  remove("config.json");
  EXPECT_EQ(error().code, ErrorCode::kNotFound);
  EXPECT_EQ(error().message,
            "[lm/model] " + folder_.path().string() + ": expected config.json, found none");
}

TEST_F(ModelFolder, WithoutTokenizerIsNotFound) {
  remove("tok512.bin");
  EXPECT_EQ(error().code, ErrorCode::kNotFound);
  EXPECT_THAT(error().message,
              HasSubstr("[lm/model] tokenizer: expected tokenizer.json, tokenizer.model"));
  EXPECT_THAT(error().message, HasSubstr(folder_.path().string()));
}

TEST_F(ModelFolder, WithoutWeightsSaysSo) {
  remove("model.safetensors");
  const Error missing = error();
  EXPECT_EQ(missing.code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.message, HasSubstr(folder_.path().string()));
}

TEST_F(ModelFolder, BrokenJsonFilesAreNamed) {
  for (const char* name :
       {"config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"}) {
    const auto path = folder_ / name;
    const bool had = std::filesystem::exists(path);
    const std::string before = had ? test_data::read(path) : "";
    folder_.write(name, "{\"chat_template\": ");
    EXPECT_EQ(error().code, ErrorCode::kDataLoss) << name;
    EXPECT_THAT(error().message, HasSubstr(name));
    if (had) {
      folder_.write(name, before);
    } else {
      remove(name);
    }
  }
  EXPECT_TRUE(load());
}

TEST_F(ModelFolder, EndsThatAreNoTokensAreNamed) {
  folder_.write("generation_config.json", R"({"eos_token_id": "</s>"})");
  EXPECT_EQ(error().code, ErrorCode::kDataLoss);
  EXPECT_THAT(error().message,
              HasSubstr("\"eos_token_id\": expected a token id or a list of them, found \"</s>\""));
}

TEST_F(ModelFolder, TemplateIsAFieldOfTheTokenizer) {
  folder_.write("tokenizer_config.json", R"({"chat_template": "{{ messages[0].content }}"})");
  EXPECT_EQ(chat_template(), "{{ messages[0].content }}");
}

TEST_F(ModelFolder, OfNamedTemplatesTheDefaultCounts) {
  folder_.write("tokenizer_config.json", R"({"chat_template": [
      {"name": "tool_use", "template": "tools"}, {"name": "default", "template": "plain"}]})");
  EXPECT_EQ(chat_template(), "plain");
  folder_.write("tokenizer_config.json",
                R"({"chat_template": [{"name": "rag", "template": "documents"}]})");
  EXPECT_EQ(chat_template(), "");
}

TEST_F(ModelFolder, AFileOfItsOwnComesFirst) {
  folder_.write("tokenizer_config.json", R"({"chat_template": "field"})");
  folder_.write("chat_template.jinja", "file\n");
  EXPECT_EQ(chat_template(), "file\n");
}

// Whatever stands there, a model without a usable template still writes text.
TEST_F(ModelFolder, OtherFormsOfTheFieldAreNoTemplate) {
  for (const char* text :
       {"{}", "[]", "3", R"({"chat_template": null})", R"({"chat_template": 5})",
        R"({"chat_template": {"default": "x"}})", R"({"chat_template": []})",
        R"({"chat_template": ["x", null, {"name": "default"}, {"name": 1, "template": "x"}]})",
        R"({"chat_template": [{"name": "default", "template": 4}, {"template": "x"}]})"}) {
    folder_.write("tokenizer_config.json", text);
    EXPECT_EQ(chat_template(), "") << text;
  }
}

TEST_F(ModelFolder, AVocabularyLargerThanTheEmbeddingIsRefused) {
  const auto tiny = test_data::repository("tests/parity/lm/llama");
  folder_.write("config.json", test_data::read(tiny / "config.json"));
  folder_.write("model.safetensors", test_data::read(tiny / "model.safetensors"));
  EXPECT_EQ(error().code, ErrorCode::kDataLoss);
  EXPECT_EQ(error().message,
            "[lm/model] vocabulary: expected at most 96 tokens (rows of the embedding), the "
            "tokenizer has 512 (" +
                folder_.path().string() + ")");
}

TEST_F(ModelFolder, AShapeOtherThanThatOfTheWeightsIsRefused) {
  change_config("intermediate_size", 160);
  EXPECT_EQ(error().code, ErrorCode::kDataLoss);
  EXPECT_THAT(error().message, HasSubstr("mlp.gate_proj.weight\": expected [160,64], file has "
                                         "[172,64]"));
  const auto decoder = load_decoder(folder_.path(), {.pool = pool_});
  ASSERT_FALSE(decoder);
  EXPECT_EQ(decoder.error().message, error().message);
}

TEST_F(ModelFolder, APathThatIsNotThereIsNotFound) {
  const auto model = load_language_model(folder_ / "nothing", {.pool = pool_});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(model.error().message, HasSubstr("nothing"));
}

}  // namespace
}  // namespace sextant::lm
