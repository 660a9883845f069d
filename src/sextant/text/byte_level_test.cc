// Byte-level tokenizers as a whole against the reference library and published test vectors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "sextant/text/tokenizer.h"
#include "support/test_data.h"
#include "support/tokenizer_cases.h"
#include "support/tokenizer_data.h"

namespace sextant::text {
namespace {

using test_data::tokenizer_differences;
using ::testing::ElementsAre;

constexpr const char* kNoData = "the development data are not beside the checkout";

// The hashes of the ids of the strings, in hashes.json.
void expect_hashes(const Tokenizer& tokenizer, std::string_view name) {
  const auto strings = test_data::byte_level_strings();
  ASSERT_GE(strings.size(), 500u);
  for (const Json& row : test_data::byte_level_hashes()) {
    if (!row.contains("tokenizer") || row["tokenizer"] != name) {
      continue;
    }
    const std::string expected = row["crc16"];
    ASSERT_EQ(expected.size(), 4 * strings.size());
    for (size_t i = 0; i < strings.size(); ++i) {
      const auto ids = tokenizer.encode(strings[i], {});
      EXPECT_EQ(test_data::crc16(ids), expected.substr(4 * i, 4))
          << Json(strings[i]).dump(-1, ' ', true).substr(0, 200) << ::testing::PrintToString(ids);
    }
    return;
  }
  FAIL() << "no row " << name;
}

void expect_reference_ids(const Tokenizer& tokenizer, std::string_view name) {
  EXPECT_EQ(tokenizer_differences(tokenizer, test_data::tokenizer_cases(name), {}), "");
  expect_hashes(tokenizer, name);
}

void expect_vectors(const Tokenizer& tokenizer, std::string_view name) {
  const auto folder = test_data::shared("data/tokenizers");
  EXPECT_EQ(tokenizer_differences(tokenizer, test_data::tokenizer_vectors(*folder, name), {}), "");
}

Tokenizer tiny(const std::string& name) {
  return value_or_throw(Tokenizer::from_hf_json(test_data::read(
      test_data::repository("tests/parity/tokenizers/byte_level/" + name + ".json"))));
}

// Of a vocabulary that has every byte: text survives, whatever it is.
void expect_round_trip(const Tokenizer& tokenizer) {
  for (const std::string& text : test_data::byte_level_strings()) {
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text, {})), text);
  }
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random());
    }
    const auto ids = tokenizer.encode(bytes, {});
    EXPECT_EQ(tokenizer.decode(ids), bytes);
    std::string joined;
    for (const int32_t id : ids) {
      joined += tokenizer.token_bytes(id);
    }
    EXPECT_EQ(joined, bytes);
  }
}

TEST(ByteLevelGpt2, GivesTheIdsOfTheReference) {
  auto vocabulary = test_data::gpt2_vocabulary();
  if (!vocabulary) {
    GTEST_SKIP() << kNoData;
  }
  const auto tokenizer = Tokenizer::from_gguf(std::move(*vocabulary));
  ASSERT_TRUE(tokenizer) << tokenizer.error().describe();
  expect_vectors(*tokenizer, "gpt-2");
  expect_reference_ids(*tokenizer, "gpt2");
  expect_round_trip(*tokenizer);
  EXPECT_EQ(tokenizer->vocab_size(), 50257);
  EXPECT_EQ(tokenizer->kind(), "byte-level BPE");
  EXPECT_EQ(tokenizer->eos(), 50256);
}

TEST(ByteLevelSmolLm2, GivesTheIdsOfTheReference) {
  auto vocabulary =
      test_data::gguf_vocabulary(test_data::repository("models/smollm2-135m-instruct-q4_1.gguf"));
  if (!vocabulary) {
    GTEST_SKIP() << "models/smollm2-135m-instruct-q4_1.gguf is not there: make setup links it";
  }
  const auto tokenizer = Tokenizer::from_gguf(std::move(*vocabulary));
  ASSERT_TRUE(tokenizer) << tokenizer.error().describe();
  expect_reference_ids(*tokenizer, "smollm2");
  EXPECT_THAT(tokenizer->encode("<|im_start|>user\nhi<|im_end|>", {.parse_special = true}),
              ElementsAre(1, 4093, 198, 6004, 2));
  EXPECT_EQ(tokenizer->piece(1), "<|im_start|>");
  EXPECT_EQ(tokenizer->id_of("<|im_end|>"), 2);
  EXPECT_TRUE(tokenizer->is_special(2));
  EXPECT_EQ(tokenizer->token_bytes(2), "");
}

TEST(ByteLevelQwen, GivesTheIdsOfTheReference) {
  const auto json = test_data::tokenizer_file("qwen3.tokenizer.json.gz");
  if (!json) {
    GTEST_SKIP() << kNoData;
  }
  const auto tokenizer = Tokenizer::from_hf_json(*json);
  ASSERT_TRUE(tokenizer) << tokenizer.error().describe();
  expect_vectors(*tokenizer, "qwen2");
  expect_reference_ids(*tokenizer, "qwen2");
  EXPECT_EQ(tokenizer->piece(151644), "<|im_start|>");
}

TEST(ByteLevelTiny, GivesTheIdsOfTheReference) {
  expect_hashes(tiny("tiny_gpt2"), "tiny_gpt2");
  expect_hashes(tiny("tiny_llama3"), "tiny_llama3");
}

// One piece of two million bytes takes about 0.5 s; the limit only tells n log n from n squared
// (hours).
TEST(ByteLevelTiny, MergesALineOfTwoMillionCharacters) {
  const Tokenizer tokenizer = tiny("tiny_llama3");
  constexpr size_t kSize = 2'000'000;
  constexpr std::string_view kLetters = "etaonshr";  // the most frequent: many merges
  std::string random_letters(kSize, 'a');
  std::mt19937 random(3);
  for (char& letter : random_letters) {
    letter = kLetters[random() % kLetters.size()];
  }
  for (const std::string& line :
       {std::string(kSize, 'a'), std::string(kSize, ' '), random_letters}) {
    const auto start = std::chrono::steady_clock::now();
    const auto ids = tokenizer.encode(line, {});
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_TRUE(tokenizer.decode(ids) == line);
    EXPECT_LT(seconds.count(), 20);
  }
}

}  // namespace
}  // namespace sextant::text
