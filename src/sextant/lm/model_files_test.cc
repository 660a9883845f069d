#include "sextant/lm/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/gguf_writer.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kStories = test_data::repository("models/stories260k");

std::vector<int32_t> ids(const Result<text::Tokenizer>& tokenizer) {
  return tokenizer ? tokenizer->encode("Once upon", {}) : std::vector<int32_t>{-1};
}

class ModelFiles : public ::testing::Test {
 protected:
  std::filesystem::path put(std::string_view name, std::string_view text) {
    return folder_.write(name, text);
  }
  test_data::TempFolder folder_;
};

TEST_F(ModelFiles, FolderHasShapeAndTokenizer) {
  const auto config = read_decoder_config(kStories);
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ(config->family, "llama");
  EXPECT_EQ(config->layers, 5);
  EXPECT_THAT(ids(load_tokenizer(kStories)), ElementsAre(403, 407));
}

TEST_F(ModelFiles, TokenizerFilesAreToldApartByTheirBytes) {
  EXPECT_THAT(ids(load_tokenizer(kStories / "tok512.bin")), ElementsAre(403, 407));
  const auto json = load_tokenizer(put("x", "\n {\"model\": 5}"));
  ASSERT_FALSE(json);
  EXPECT_THAT(json.error().message, HasSubstr("tokenizer.json"));
  const auto clip = load_tokenizer(put("x", "#version: 0.2\n"));
  ASSERT_FALSE(clip);
  EXPECT_THAT(clip.error().message, HasSubstr("[text/clip]"));
  const auto other = load_tokenizer(put("x", "what is this"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("[text/sentencepiece]"));
  const auto empty = load_tokenizer(put("x", ""));
  EXPECT_FALSE(empty);
}

TEST_F(ModelFiles, Gpt2TokenizersComeInTwoFiles) {
  put("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "</s>": 3})");
  EXPECT_FALSE(load_tokenizer(folder_.path()));
  put("merges.txt", "#version: 0.2\na b\n");
  auto tokenizer = load_tokenizer(folder_.path());
  ASSERT_TRUE(tokenizer) << tokenizer.error().describe();
  EXPECT_THAT(tokenizer->encode("abb", {.add_special = true}), ElementsAre(2, 1));
  put("tokenizer_config.json", R"({"add_bos_token": true, "bos_token": "</s>"})");
  tokenizer = load_tokenizer(folder_.path());
  ASSERT_TRUE(tokenizer) << tokenizer.error().describe();
  EXPECT_THAT(tokenizer->encode("abb", {.add_special = true}), ElementsAre(3, 2, 1));
}

TEST_F(ModelFiles, GgufHasAVocabularyOrSaysWhatIsMissing) {
  io::GgufWriter writer;
  writer.add("tokenizer.ggml.model", std::string("llama"));
  const std::filesystem::path path = folder_.path() / "x.gguf";
  ASSERT_TRUE(writer.write(path));
  auto tokenizer = load_tokenizer(path);
  ASSERT_FALSE(tokenizer);
  EXPECT_THAT(tokenizer.error().message, HasSubstr("[text/gguf] vocabulary: expected"));

  writer.add("tokenizer.ggml.tokens",
             std::vector<std::string>{"<unk>", "<s>", "</s>", "\u2581", "a", "\u2581a"});
  writer.add("tokenizer.ggml.scores", std::vector<float>{0, 0, 0, -3, -2, -1});
  writer.add("tokenizer.ggml.token_type", std::vector<int32_t>{2, 3, 3, 1, 1, 1});
  writer.add("tokenizer.ggml.bos_token_id", uint32_t{1});
  writer.add("tokenizer.ggml.eos_token_id", uint32_t{0xffffffff});  // none
  ASSERT_TRUE(writer.write(path));
  tokenizer = load_tokenizer(path);
  ASSERT_TRUE(tokenizer) << tokenizer.error().describe();
  EXPECT_THAT(tokenizer->encode("a", {.add_special = true}), ElementsAre(1, 5));
  const auto file = io::open_gguf(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(gguf_token(**file, "tokenizer.ggml.bos_token_id").value(), 1);
  EXPECT_EQ(gguf_token(**file, "tokenizer.ggml.eos_token_id").value(), std::nullopt);
  EXPECT_EQ(gguf_token(**file, "absent").value(), std::nullopt);
}

TEST_F(ModelFiles, MissingPartsAreNamed) {
  auto tokenizer = load_tokenizer(folder_.path());
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(tokenizer.error().message, HasSubstr("expected tokenizer.json, tokenizer.model"));
  auto config = read_decoder_config(folder_.path());
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("expected config.json, found none"));
  put("config.json", "{");
  config = read_decoder_config(folder_.path());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::kDataLoss);
  EXPECT_FALSE(load_tokenizer(folder_.path() / "nothing"));
}

TEST_F(ModelFiles, OptionalFilesMayBeAbsent) {
  EXPECT_EQ(read_optional(folder_.path() / "x").value(), std::nullopt);
  EXPECT_EQ(read_optional(put("x", "ab")).value(), "ab");
  EXPECT_EQ(read_optional_json(folder_.path() / "y").value(), std::nullopt);
  EXPECT_EQ(read_optional_json(put("y", "[1]")).value(), Json::parse("[1]"));
}

}  // namespace
}  // namespace sextant::lm
