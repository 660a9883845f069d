// tokenizer.json of Mistral, T5, BERT and CLIP, and the vocabularies of the latter two in other
// files, against the ids of the reference library.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/json.h"
#include "sextant/text/sentencepiece_proto.h"
#include "sextant/text/tokenizer.h"
#include "support/test_data.h"
#include "support/tokenizer_cases.h"
#include "support/tokenizer_data.h"

namespace sextant::text {
namespace {

using test_data::tokenizer_cases;
using test_data::tokenizer_differences;
using ::testing::ElementsAre;

constexpr const char* kNoData = "the development data are not beside the checkout";
// The reference library always looks for control tokens in the text.
constexpr EncodeOptions kAsReference{.parse_special = true};

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      out.push_back(i + k > bytes.size() ? '=' : kDigits[bits >> (18 - 6 * k) & 63]);
    }
  }
  return out;
}

Tokenizer from_json(const Json& json) {
  return value_or_throw(Tokenizer::from_hf_json(json.dump()));
}

Json added(int id, std::string_view content) {
  return {{"id", id}, {"content", content}, {"special", true}, {"normalized", false}};
}

TEST(HfMistral, GivesTheIdsOfTheReference) {
  const auto json = test_data::tokenizer_file("mistral7b.tokenizer.json.gz");
  if (!json) {
    GTEST_SKIP() << kNoData;
  }
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_hf_json(*json));
  EXPECT_EQ(tokenizer.kind(), "SentencePiece BPE");
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("mistral"), kAsReference), "");
  EXPECT_THAT(tokenizer.encode("Hello", {.add_special = true}), ElementsAre(1, 22557));
  const auto ids = tokenizer.encode("Hello \U0001F999 na\u00EFve\n", {});
  EXPECT_EQ(tokenizer.decode(ids), "Hello \U0001F999 na\u00EFve\n");
}

// The committed model's pieces as the "Unigram" of a tokenizer.json.
Json unigram_json(const std::string& name, int unknown, bool byte_fallback) {
  const std::string bytes =
      test_data::read(test_data::repository("tests/parity/tokenizers/" + name + ".model"));
  const auto model = value_or_throw(read_sentencepiece_proto(bytes));
  Json vocab = Json::array();
  for (const auto& piece : model.pieces) {
    vocab.push_back({std::string(model.text(piece)), piece.score});
  }
  return {{"normalizer",
           {{"type", "Precompiled"}, {"precompiled_charsmap", base64(model.precompiled_charsmap)}}},
          {"model",
           {{"type", "Unigram"},
            {"unk_id", unknown},
            {"vocab", vocab},
            {"byte_fallback", byte_fallback}}}};
}

// As transformers' converter writes T5-style models.
TEST(HfUnigram, ConvertedModelGivesTheIdsOfTheReference) {
  Json json = unigram_json("unigram_nfkc", 2, false);
  json["normalizer"] = {
      {"type", "Sequence"},
      {"normalizers",
       {json["normalizer"],
        {{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}},
        {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", "\u2581"}}}}};
  json["pre_tokenizer"] = {
      {"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}};
  EXPECT_EQ(
      tokenizer_differences(from_json(json), tokenizer_cases("unigram_nfkc_hf"), kAsReference), "");
}

// As T5's own tokenizer.json has it.
TEST(HfUnigram, T5GivesTheIdsOfTheReference) {
  Json json = unigram_json("unigram_nfkc", 2, false);
  json["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "WhitespaceSplit"}},
        {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"add_prefix_space", true}}}}};
  json["decoder"] = {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"add_prefix_space", true}};
  json["added_tokens"] = {added(0, "<pad>"), added(1, "</s>"), added(2, "<unk>")};
  const Tokenizer tokenizer = from_json(json);
  EXPECT_EQ(tokenizer.kind(), "SentencePiece unigram");
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("unigram_nfkc_t5"), kAsReference), "");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(" All happy  families ", {})), "All happy families");
}

TEST(HfUnigram, FirstSpaceOnlyAndBytesGiveTheIdsOfTheReference) {
  Json json = unigram_json("unigram_suffix", 0, true);
  json.erase("normalizer");
  json["pre_tokenizer"] = {{"type", "Metaspace"},
                           {"replacement", "\u2581"},
                           {"prepend_scheme", "first"},
                           {"split", false}};
  json["added_tokens"] = {added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")};
  EXPECT_EQ(tokenizer_differences(from_json(json), tokenizer_cases("unigram_first"), kAsReference),
            "");
}

// BERT's vocabulary as its own files write it.
Json bert_json(const GgufVocabulary& vocabulary) {
  Json vocab = Json::object();
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const std::string& token = vocabulary.tokens[id];
    const bool special = token.size() > 2 && token.front() == '[' && token.back() == ']';
    const std::string text = token.starts_with("\u2581") ? token.substr(3)
                             : special                   ? token
                                                         : "##" + token;
    vocab.emplace(text, id);
  }
  return {{"added_tokens",
           {added(0, "[PAD]"), added(100, "[UNK]"), added(101, "[CLS]"), added(102, "[SEP]"),
            added(103, "[MASK]")}},
          {"normalizer",
           {{"type", "BertNormalizer"},
            {"clean_text", true},
            {"handle_chinese_chars", true},
            {"strip_accents", nullptr},
            {"lowercase", true}}},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor",
           {{"type", "BertProcessing"}, {"sep", {"[SEP]", 102}}, {"cls", {"[CLS]", 101}}}},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", "[UNK]"},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100},
            {"vocab", vocab}}}};
}

TEST(HfBert, GivesTheIdsOfTheReference) {
  auto vocabulary = test_data::bert_vocabulary();
  if (!vocabulary) {
    GTEST_SKIP() << kNoData;
  }
  const Tokenizer tokenizer = from_json(bert_json(*vocabulary));
  EXPECT_EQ(tokenizer.kind(), "WordPiece");
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("bert"), kAsReference), "");
  EXPECT_THAT(tokenizer.encode("Hello", {.add_special = true}), ElementsAre(101, 7592, 102));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("Unaffable, isn't it?", {})),
            "unaffable, isn ' t it?");  // as the reference, which looks at one token at a time
}

TEST(GgufBert, GivesTheIdsOfTheReference) {
  auto vocabulary = test_data::bert_vocabulary();
  if (!vocabulary) {
    GTEST_SKIP() << kNoData;
  }
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_gguf(std::move(*vocabulary)));
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("bert"), kAsReference), "");
  const auto folder = test_data::shared("data/tokenizers");
  EXPECT_EQ(tokenizer_differences(tokenizer, test_data::tokenizer_vectors(*folder, "bert-bge"), {}),
            "");
  EXPECT_THAT(tokenizer.encode("Hello", {.add_special = true}), ElementsAre(101, 7592, 102));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("unaffable words", {})), "unaffable words");
}

TEST(Clip, GivesTheIdsOfTheReference) {
  const auto text = test_data::tokenizer_file("clip.bpe_simple_vocab_16e6.txt.gz");
  if (!text) {
    GTEST_SKIP() << kNoData;
  }
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_clip_bpe(*text));
  EXPECT_EQ(tokenizer.kind(), "CLIP BPE");
  EXPECT_EQ(tokenizer.vocab_size(), 49408);
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("clip"), kAsReference), "");
  EXPECT_THAT(tokenizer.encode("a photo of a cat", {.add_special = true}),
              ElementsAre(49406, 320, 1125, 539, 320, 2368, 49407));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("A Caf\u00E9  photo", {})), "a caf\u00E9 photo ");
}

TEST(Clip, TokenizerJsonGivesTheIdsOfTheReference) {
  const auto text = test_data::tokenizer_file("clip.bpe_simple_vocab_16e6.txt.gz");
  if (!text) {
    GTEST_SKIP() << kNoData;
  }
  const Tokenizer published = value_or_throw(Tokenizer::from_clip_bpe(*text));
  Json vocab = Json::object();
  for (int32_t id = 0; id < published.vocab_size(); ++id) {
    vocab[std::string(published.piece(id))] = id;
  }
  Json merges = Json::array();
  std::istringstream lines(*text);
  std::string line;
  for (std::getline(lines, line); merges.size() < 48894 && std::getline(lines, line);) {
    merges.push_back(line);
  }
  const Json json = {
      {"added_tokens", {added(49406, "<|startoftext|>"), added(49407, "<|endoftext|>")}},
      {"normalizer",
       {{"type", "Sequence"},
        {"normalizers",
         {{{"type", "NFC"}},
          {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
          {{"type", "Lowercase"}}}}}},
      {"pre_tokenizer",
       {{"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"},
           {"pattern",
            {{"Regex", "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"}}},
           {"behavior", "Removed"},
           {"invert", true}},
          {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}}}}}},
      {"post_processor",
       {{"type", "RobertaProcessing"},
        {"sep", {"<|endoftext|>", 49407}},
        {"cls", {"<|startoftext|>", 49406}},
        {"trim_offsets", false},
        {"add_prefix_space", false}}},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model",
       {{"type", "BPE"},
        {"unk_token", "<|endoftext|>"},
        {"continuing_subword_prefix", ""},
        {"end_of_word_suffix", "</w>"},
        {"fuse_unk", false},
        {"vocab", vocab},
        {"merges", merges}}}};
  const Tokenizer tokenizer = from_json(json);
  EXPECT_EQ(tokenizer.kind(), "CLIP BPE");
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("clip"), kAsReference), "");
  EXPECT_THAT(tokenizer.encode("cat", {.add_special = true}), ElementsAre(49406, 2368, 49407));
}

TEST(Clip, RefusesFilesThatAreShortOrWrong) {
  const auto shorter = Tokenizer::from_clip_bpe("#version\na b\nab c</w>");
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().message, "[text/clip] merges: expected 48894 lines, found 2");
  std::string unknown = "#version\n";
  for (int i = 0; i < 48894; ++i) {
    unknown += "zz " + std::to_string(i) + "\n";
  }
  EXPECT_EQ(Tokenizer::from_clip_bpe(unknown).error().message,
            "[text/clip] merge 0: expected known parts, found \"zz 0\"");
  EXPECT_EQ(Tokenizer::from_clip_bpe("\nab\n").error().message,
            "[text/clip] merge 0: expected \"a b\", found \"ab\"");
}

}  // namespace
}  // namespace sextant::text
