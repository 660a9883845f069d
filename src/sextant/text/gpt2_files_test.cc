#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "sextant/base/json.h"
#include "sextant/text/tokenizer.h"
#include "support/test_data.h"
#include "support/tokenizer_cases.h"
#include "support/tokenizer_data.h"

namespace sextant::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kVocab = R"({"a": 0, "b": 1, "ab": 2, "Ġ": 3, "</s>": 4, "<pad>": 5})";
constexpr std::string_view kMerges = "#version: 0.2\r\na b\r\n\n";

std::string message(std::string_view vocab, std::string_view merges, std::string_view config) {
  const auto tokenizer = Tokenizer::from_gpt2_files(vocab, merges, config);
  return tokenizer ? "" : tokenizer.error().message;
}

Tokenizer load(std::string_view config) {
  return value_or_throw(Tokenizer::from_gpt2_files(kVocab, kMerges, config));
}

// Made with transformers' GPT2Tokenizer (scripts/goldens/make_lm.py).
TEST(Gpt2Files, GiveTheIdsOfTheReference) {
  const auto folder = test_data::repository("tests/parity/lm/opt");
  const auto tokenizer = value_or_throw(Tokenizer::from_gpt2_files(
      test_data::read(folder / "vocab.json"), test_data::read(folder / "merges.txt"),
      test_data::read(folder / "tokenizer_config.json")));
  EXPECT_EQ(tokenizer.kind(), "byte-level BPE");
  EXPECT_EQ(tokenizer.vocab_size(), 96);
  const Json rows =
      value_or_throw(parse_json(test_data::read(folder / "tokens.json"), "tokens.json"));
  for (const Json& row : rows) {
    const auto text = row["text"].get<std::string>();
    EXPECT_EQ(tokenizer.encode(text, {.add_special = true, .parse_special = true}),
              row["ids"].get<std::vector<int32_t>>())
        << text;
    EXPECT_EQ(tokenizer.encode(text, {.parse_special = true}),
              row["plain"].get<std::vector<int32_t>>())
        << text;
  }
}

TEST(Gpt2Files, GiveWhatTheVocabularyOfAGgufFileGives) {
  const auto expected = test_data::gpt2_vocabulary();
  if (!expected) {
    GTEST_SKIP() << "the development data are not beside the checkout";
  }
  const auto folder = *test_data::shared("data/tokenizers");
  const auto tokenizer = value_or_throw(
      Tokenizer::from_gpt2_files(test_data::read_gz(folder / "gpt2.encoder.json.gz"),
                                 test_data::read_gz(folder / "gpt2.vocab.bpe.gz"), ""));
  EXPECT_EQ(tokenizer.vocab_size(), 50257);
  EXPECT_EQ(tokenizer.eos(), 50256);
  EXPECT_EQ(test_data::tokenizer_differences(tokenizer, test_data::tokenizer_cases("gpt2"), {}),
            "");
  EXPECT_THAT(tokenizer.encode("Hi<|endoftext|>", {.add_special = true, .parse_special = true}),
              ElementsAre(17250, 50256));
}

TEST(Gpt2Files, TheConfigurationSaysWhatIsControl) {
  const Tokenizer plain = load("");
  EXPECT_EQ(plain.bos(), std::nullopt);  // <|endoftext|> is no entry
  EXPECT_THAT(plain.encode("ab a", {.add_special = true}), ElementsAre(2, 3, 0));
  const Tokenizer opt = load(R"({"bos_token": "</s>", "eos_token": {"content": "</s>"},
                                 "pad_token": "<pad>", "unk_token": null, "add_bos_token": true})");
  EXPECT_EQ(opt.bos(), 4);
  EXPECT_EQ(opt.eos(), 4);
  EXPECT_EQ(opt.unknown(), std::nullopt);
  EXPECT_TRUE(opt.is_special(5));
  EXPECT_FALSE(opt.is_special(2));
  EXPECT_THAT(opt.encode("ab", {.add_special = true}), ElementsAre(4, 2));
  EXPECT_THAT(opt.encode("ab", {}), ElementsAre(2));
  EXPECT_EQ(opt.decode(std::vector<int32_t>{4, 2, 3, 0}), "ab a");
  EXPECT_THAT(load(R"({"add_prefix_space": true})").encode("ab", {}), ElementsAre(3, 2));
}

TEST(Gpt2Files, NameWhatIsWrong) {
  EXPECT_THAT(message("[]", kMerges, ""), HasSubstr("[text/gpt2] vocab.json: expected an object"));
  EXPECT_THAT(message("{", kMerges, ""), HasSubstr("vocab.json: not JSON"));
  EXPECT_EQ(message(R"({"a": -1})", "", ""),
            "[text/gpt2] vocab.json \"a\": expected an id of 0 to 1999999, found -1");
  EXPECT_THAT(message(R"({"a": {"b": 1}})", "", ""), HasSubstr("vocab.json \"a\": expected an id"));
  EXPECT_THAT(message(R"({"a": 0, "a": 1})", "", ""), HasSubstr("\"a\""));
  EXPECT_EQ(message(kVocab, "#version: 0.2\na b\na b c\n", ""),
            "[text/gpt2] merges.txt line 3: expected \"left right\" and at most 1000000 of them, "
            "found \"a b c\"");
  EXPECT_EQ(message(kVocab, std::string((size_t{64} << 20) + 1, 'a'), ""),
            "[text/gpt2] merges.txt: expected at most 67108864 bytes, found 67108865");
  EXPECT_THAT(message(kVocab, "ab", ""), HasSubstr("merges.txt line 1"));
  EXPECT_THAT(message(kVocab, " b", ""), HasSubstr("merges.txt line 1"));
  EXPECT_THAT(message(kVocab, "b a", ""),
              HasSubstr("model.merges entry 0: expected entries of the vocabulary, found \"ba\""));
  EXPECT_THAT(message(kVocab, kMerges, "3"),
              HasSubstr("tokenizer_config.json: expected an object"));
  EXPECT_EQ(message(kVocab, kMerges, R"({"bos_token": 5})"),
            "[text/gpt2] tokenizer_config.json \"bos_token\": expected a token, found 5");
  EXPECT_EQ(message(kVocab, kMerges, R"({"add_eos_token": true})"),
            "[text/gpt2] tokenizer_config.json: no support for add_eos_token");
  EXPECT_THAT(message(kVocab, kMerges, R"({"add_bos_token": 1})"), HasSubstr("true or false"));
}

// Token ids are bytes, nothing is merged: the tokenizer of models trained on bytes.
TEST(ByteTokenizer, MapsEachByteToItself) {
  const auto tokenizer = value_or_throw(Tokenizer::from_hf_json(
      test_data::read(test_data::repository("tests/parity/lm/gpt2-bytes/tokenizer.json"))));
  EXPECT_EQ(tokenizer.vocab_size(), 256);
  std::string all;
  std::vector<int32_t> ids;
  for (int32_t byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
    ids.push_back(byte);
    EXPECT_EQ(tokenizer.token_bytes(byte), all.substr(all.size() - 1)) << byte;
  }
  EXPECT_EQ(tokenizer.encode(all, {.add_special = true, .parse_special = true}), ids);
  EXPECT_EQ(tokenizer.decode(ids), all);
  std::mt19937 random(3);
  for (int i = 0; i < 100; ++i) {
    std::string text(random() % 200, '\0');
    for (char& c : text) {
      c = static_cast<char>(random());
    }
    const auto found = tokenizer.encode(text, {});
    ASSERT_EQ(found.size(), text.size());
    EXPECT_EQ(tokenizer.decode(found), text);
  }
}

}  // namespace
}  // namespace sextant::text
