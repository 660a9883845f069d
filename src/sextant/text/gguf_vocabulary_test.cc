// Vocabularies inside GGUF files: what is refused, which ids frame a text, and how the value of
// tokenizer.ggml.pre cuts it.
#include "sextant/text/gguf_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/text/byte_alphabet.h"

namespace sextant::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// All bytes (the id is the byte), "ab" (256), "12" (257), a control and a user-defined token.
GgufVocabulary bytes(std::string_view pre) {
  GgufVocabulary vocabulary;
  vocabulary.model = "gpt2";
  vocabulary.pre = pre;
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary.tokens.push_back(letters_of_bytes(std::string(1, static_cast<char>(byte))));
  }
  for (const char* token : {"ab", "12", "<s>", "user"}) {
    vocabulary.tokens.emplace_back(token);
  }
  vocabulary.merges = {"a b", "1 2"};
  vocabulary.types.assign(vocabulary.tokens.size(), 1);
  vocabulary.types[258] = 3;
  vocabulary.types[259] = 4;
  return vocabulary;
}

Tokenizer load(GgufVocabulary vocabulary) {
  return value_or_throw(Tokenizer::from_gguf(std::move(vocabulary)));
}

std::string error_of(GgufVocabulary vocabulary) {
  const auto tokenizer = Tokenizer::from_gguf(std::move(vocabulary));
  return tokenizer ? "" : tokenizer.error().message;
}

TEST(GgufVocabulary, RefusesWhatItDoesNotKnow) {
  GgufVocabulary vocabulary = bytes("gpt-2");
  EXPECT_EQ(error_of(vocabulary), "");
  vocabulary.model = "rwkv";
  EXPECT_EQ(error_of(vocabulary), "[text/gguf] tokenizer.ggml.model: no support for \"rwkv\"");
  EXPECT_EQ(error_of(bytes("tekken")), "[text/gguf] tokenizer.ggml.pre: no support for \"tekken\"");
}

TEST(GgufVocabulary, RefusesListsThatDoNotFit) {
  GgufVocabulary vocabulary = bytes("");
  vocabulary.types.pop_back();
  EXPECT_EQ(error_of(vocabulary),
            "[text/gguf] tokenizer.ggml.token_type: expected 260 values, found 259");
  vocabulary = bytes("");
  vocabulary.merges.emplace_back("ab");
  EXPECT_EQ(error_of(vocabulary),
            "[text/gguf] tokenizer.ggml.merges entry 2: expected \"a b\", found \"ab\"");
  vocabulary.merges.back() = "b a";
  EXPECT_EQ(error_of(vocabulary),
            "[text/gguf] tokenizer.ggml.merges entry 2: expected parts and result in the "
            "vocabulary, found \"b a\"");
  vocabulary.merges.back() = "";
  EXPECT_THAT(error_of(vocabulary), HasSubstr("merges entry 2: expected \"a b\", found \"\""));
}

TEST(GgufVocabulary, RefusesSpecialIdsOutside) {
  for (const int32_t id : {-1, 260}) {
    GgufVocabulary vocabulary = bytes("");
    vocabulary.eos = id;
    EXPECT_EQ(error_of(vocabulary),
              format("[text/tokenizer] special token: expected an id of 0 to 259, found {}", id));
  }
}

TEST(GgufVocabulary, FramesATextAsTheFileSays) {
  GgufVocabulary vocabulary = bytes("gpt-2");
  vocabulary.bos = 258;
  vocabulary.eos = 0;
  EXPECT_THAT(load(vocabulary).encode("ab", {.add_special = true}), ElementsAre(256));
  vocabulary.add_bos = true;
  EXPECT_THAT(load(vocabulary).encode("ab", {.add_special = true}), ElementsAre(258, 256));
  EXPECT_THAT(load(vocabulary).encode("ab", {}), ElementsAre(256));
  vocabulary.add_eos = true;
  EXPECT_THAT(load(vocabulary).encode("ab", {.add_special = true}), ElementsAre(258, 256, 0));
  vocabulary.bos = std::nullopt;
  EXPECT_THAT(load(vocabulary).encode("ab", {.add_special = true}), ElementsAre(256, 0));
  // Llama 3 wants its begin unless the file says no.
  vocabulary = bytes("llama-bpe");
  vocabulary.bos = 258;
  EXPECT_THAT(load(vocabulary).encode("ab", {.add_special = true}), ElementsAre(258, 256));
  vocabulary.add_bos = false;
  EXPECT_THAT(load(vocabulary).encode("ab", {.add_special = true}), ElementsAre(256));
}

TEST(GgufVocabulary, ControlAndUserTokensAreCutOut) {
  const Tokenizer tokenizer = load(bytes("gpt-2"));
  EXPECT_THAT(tokenizer.encode("ab<s>user", {.parse_special = true}), ElementsAre(256, 258, 259));
  EXPECT_THAT(tokenizer.encode("<s>user", {}), ElementsAre('<', 's', '>', 259));
  EXPECT_TRUE(tokenizer.is_special(258));
  EXPECT_FALSE(tokenizer.is_special(259));
}

TEST(GgufVocabulary, CutsNumbersAsThePresetSays) {
  EXPECT_THAT(load(bytes("gpt-2")).encode("12123", {}), ElementsAre(257, 257, '3'));
  EXPECT_THAT(load(bytes("llama3")).encode("12312", {}), ElementsAre(257, '3', 257));
  EXPECT_THAT(load(bytes("smollm")).encode("12", {}), ElementsAre('1', '2'));
  EXPECT_THAT(load(bytes("qwen2")).encode("12", {}), ElementsAre('1', '2'));
  // Qwen2 composes first.
  EXPECT_THAT(load(bytes("qwen2")).encode("e\u0301", {}), ElementsAre(0xC3, 0xA9));
  EXPECT_THAT(load(bytes("")).encode("e\u0301", {}), ElementsAre('e', 0xCC, 0x81));
}

}  // namespace
}  // namespace sextant::text
