// Texts as they come (prose, source code, emoji) cut by each known pattern, worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/json.h"
#include "sextant/text/hf_components.h"
#include "sextant/text/split_scanner.h"

namespace sextant::text {
namespace {

using ::testing::ElementsAre;
using Words = std::vector<std::string>;

Words words(SplitPattern pattern, std::string_view text) {
  std::vector<Span> spans;
  scan(pattern, text, 0, spans);
  Words out;
  for (const Span& span : spans) {
    out.emplace_back(text.substr(span.begin, span.end - span.begin));
  }
  return out;
}

Words gpt2(std::string_view text) { return words(SplitPattern::kGpt2, text); }
Words llama3(std::string_view text) { return words(SplitPattern::kLlama3, text); }
Words qwen2(std::string_view text) { return words(SplitPattern::kQwen2, text); }

// SmolLM2's stages: each digit alone, then GPT-2's pattern within what is left.
Words smol_lm2(std::string text) {
  const Json stages = {
      {"type", "Sequence"},
      {"pretokenizers", Json::array({{{"type", "Digits"}, {"individual_digits", true}},
                                     {{"type", "ByteLevel"}, {"add_prefix_space", false}}})}};
  TokenizerParts parts;
  const auto made = hf::add_pre_tokenizer(stages, parts);
  EXPECT_TRUE(made);
  const size_t size = text.size();
  Pieces pieces{.text = std::move(text), .spans = {{0, size}}};
  for (const auto& stage : parts.pre_tokenizers) {
    stage->apply(pieces);
  }
  Words out;
  for (const Span& span : pieces.spans) {
    out.emplace_back(pieces.view(span));
  }
  return out;
}

TEST(SplitTexts, Prose) {
  const std::string text = "Hello, world!\n\nIt's 2024's  end. ";
  EXPECT_THAT(gpt2(text), ElementsAre("Hello", ",", " world", "!", "\n", "\n", "It", "'s", " 2024",
                                      "'s", " ", " end", ".", " "));
  EXPECT_THAT(llama3(text), ElementsAre("Hello", ",", " world", "!\n\n", "It", "'s", " ", "202",
                                        "4", "'s", " ", " end", ".", " "));
  EXPECT_THAT(qwen2(text), ElementsAre("Hello", ",", " world", "!\n\n", "It", "'s", " ", "2", "0",
                                       "2", "4", "'s", " ", " end", ".", " "));
  EXPECT_THAT(smol_lm2(text), ElementsAre("Hello", ",", " world", "!", "\n", "\n", "It", "'s", " ",
                                          "2", "0", "2", "4", "'s", " ", " end", ".", " "));
}

TEST(SplitTexts, SourceCode) {
  const std::string text = "if (x==1):\n    return x_1";
  EXPECT_THAT(gpt2(text),
              ElementsAre("if", " (", "x", "==", "1", "):", "\n   ", " return", " x", "_", "1"));
  EXPECT_THAT(llama3(text),
              ElementsAre("if", " (", "x", "==", "1", "):\n", "   ", " return", " x", "_", "1"));
  EXPECT_EQ(qwen2(text), llama3(text));
  EXPECT_EQ(smol_lm2(text), gpt2(text));
}

TEST(SplitTexts, ContractionsInEitherCase) {
  const std::string text = "I've I'VE I'Ve don\u2019t";
  EXPECT_THAT(gpt2(text),
              ElementsAre("I", "'ve", " I", "'", "VE", " I", "'", "Ve", " don", "\u2019", "t"));
  EXPECT_THAT(llama3(text), ElementsAre("I", "'ve", " I", "'VE", " I", "'Ve", " don", "\u2019t"));
  EXPECT_EQ(qwen2(text), llama3(text));
  // Behind a space the quote is a sign like any other.
  EXPECT_THAT(gpt2("x 's"), ElementsAre("x", " '", "s"));
  EXPECT_THAT(llama3("x 's"), ElementsAre("x", " '", "s"));
}

TEST(SplitTexts, LineEndsAndSpacesAtTheEnd) {
  EXPECT_THAT(gpt2("x \n \t"), ElementsAre("x", " \n \t"));
  EXPECT_THAT(llama3("x \n \t"), ElementsAre("x", " \n", " \t"));
  EXPECT_THAT(gpt2("\r\n\r\nfoo"), ElementsAre("\r\n\r", "\n", "foo"));
  EXPECT_THAT(llama3("\r\n\r\nfoo"), ElementsAre("\r\n\r\n", "foo"));
  EXPECT_THAT(qwen2("...\n\n\n"), ElementsAre("...\n\n\n"));
  EXPECT_THAT(qwen2("a.\n b"), ElementsAre("a", ".\n", " b"));
  EXPECT_THAT(smol_lm2("7 \n"), ElementsAre("7", " \n"));
}

// Letters, digits and signs beyond the first plane, and marks, which are none of them.
TEST(SplitTexts, CharactersOfFourBytes) {
  const std::string letters = "\U0001D49C\U0001D4B7";  // script capital A, small b
  const std::string smile = "\U0001F600";
  EXPECT_THAT(gpt2(letters + "1" + smile + "x"), ElementsAre(letters, "1", smile, "x"));
  EXPECT_THAT(llama3(letters + "1" + smile + "x"), ElementsAre(letters, "1", smile + "x"));
  EXPECT_THAT(llama3(smile + smile + "x"), ElementsAre(smile + smile, "x"));
  EXPECT_THAT(gpt2(" " + smile + " \U00020BB7\u91CE"),
              ElementsAre(" " + smile, " \U00020BB7\u91CE"));
  EXPECT_THAT(qwen2("\U0001D7D8\U0001D7D9"), ElementsAre("\U0001D7D8", "\U0001D7D9"));
  EXPECT_THAT(llama3("\U0001D7D8\U0001D7D9"), ElementsAre("\U0001D7D8\U0001D7D9"));
  EXPECT_THAT(gpt2("e\u0301a"), ElementsAre("e", "\u0301", "a"));
  EXPECT_THAT(llama3("e\u0301a"), ElementsAre("e", "\u0301a"));
}

}  // namespace
}  // namespace sextant::text
