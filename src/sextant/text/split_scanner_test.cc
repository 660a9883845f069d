#include "sextant/text/split_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "sextant/text/regex.h"

namespace sextant::text {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kHead = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})";
constexpr std::string_view kTail = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

std::string newer(std::string_view count) { return std::string(kHead).append(count).append(kTail); }

std::string pattern_of(SplitPattern pattern) {
  return pattern == SplitPattern::kGpt2     ? std::string(kGpt2)
         : pattern == SplitPattern::kLlama3 ? newer("{1,3}")
                                            : newer("");
}

constexpr SplitPattern kAll[] = {SplitPattern::kGpt2, SplitPattern::kLlama3, SplitPattern::kQwen2};

std::vector<std::string> pieces(SplitPattern pattern, std::string_view text) {
  std::vector<Span> spans;
  scan(pattern, text, 0, spans);
  std::vector<std::string> out;
  for (const Span& span : spans) {
    out.emplace_back(text.substr(span.begin, span.end - span.begin));
  }
  return out;
}

std::vector<std::string> gpt2(std::string_view text) { return pieces(SplitPattern::kGpt2, text); }
std::vector<std::string> llama3(std::string_view text) {
  return pieces(SplitPattern::kLlama3, text);
}

TEST(SplitScanner, KnowsPatternsByTheirExactText) {
  EXPECT_EQ(known_pattern(kGpt2), SplitPattern::kGpt2);
  EXPECT_EQ(known_pattern(newer("{1,3}")), SplitPattern::kLlama3);
  EXPECT_EQ(known_pattern(newer("")), SplitPattern::kQwen2);
  EXPECT_EQ(known_pattern(newer("{1,4}")), std::nullopt);
  EXPECT_EQ(known_pattern(newer("+")), std::nullopt);
  EXPECT_EQ(known_pattern(std::string(kGpt2) + "|x"), std::nullopt);
  EXPECT_EQ(known_pattern(kHead), std::nullopt);
  EXPECT_EQ(known_pattern(kTail), std::nullopt);
  EXPECT_EQ(known_pattern(""), std::nullopt);
}

TEST(SplitScanner, NumbersGroupAsThePatternSays) {
  EXPECT_THAT(gpt2("a 20245"), ElementsAre("a", " 20245"));
  EXPECT_THAT(llama3("a 20245"), ElementsAre("a", " ", "202", "45"));
  EXPECT_THAT(pieces(SplitPattern::kQwen2, "a 202"), ElementsAre("a", " ", "2", "0", "2"));
  // Numbers are more than digits.
  EXPECT_THAT(llama3("\u00BD\u2163\u0664x"), ElementsAre("\u00BD\u2163\u0664", "x"));
}

TEST(SplitScanner, ContractionsGoBeforeWords) {
  EXPECT_THAT(gpt2("it's we'll I'd"), ElementsAre("it", "'s", " we", "'ll", " I", "'d"));
  EXPECT_THAT(gpt2("'really"), ElementsAre("'re", "ally"));
  EXPECT_THAT(gpt2("IT'S 'x"), ElementsAre("IT", "'", "S", " '", "x"));
  EXPECT_THAT(llama3("IT'S 'x"), ElementsAre("IT", "'S", " '", "x"));
  EXPECT_THAT(llama3("'RE'Ve'lL'l"), ElementsAre("'RE", "'Ve", "'lL", "'l"));
  EXPECT_THAT(llama3("a'\u017Fb"), ElementsAre("a", "'\u017F", "b"));
  EXPECT_THAT(gpt2("a'\u017Fb"), ElementsAre("a", "'", "\u017Fb"));
  EXPECT_THAT(llama3("'"), ElementsAre("'"));
  EXPECT_THAT(llama3("a'r"), ElementsAre("a", "'r"));
}

TEST(SplitScanner, ARunOfSpacesLeavesItsLastToTheWord) {
  EXPECT_THAT(gpt2("a   b"), ElementsAre("a", "  ", " b"));
  EXPECT_THAT(gpt2("a \tb"), ElementsAre("a", " ", "\t", "b"));
  EXPECT_THAT(llama3("a \tb"), ElementsAre("a", " ", "\tb"));
  EXPECT_THAT(gpt2("a\n\n b"), ElementsAre("a", "\n\n", " b"));
  EXPECT_THAT(gpt2("a  "), ElementsAre("a", "  "));
  EXPECT_THAT(gpt2("a\u3000\u3000b"), ElementsAre("a", "\u3000", "\u3000", "b"));
}

TEST(SplitScanner, NewerPatternsKeepLineEndsTogether) {
  EXPECT_THAT(llama3("x!\r\n\n y"), ElementsAre("x", "!\r\n\n", " y"));
  EXPECT_THAT(llama3("x  \n  \n  y"), ElementsAre("x", "  \n  \n", " ", " y"));
  EXPECT_THAT(llama3("\n\n"), ElementsAre("\n\n"));
  EXPECT_THAT(gpt2("x!\n"), ElementsAre("x", "!", "\n"));
}

TEST(SplitScanner, NewerPatternsTakeOneOtherCharacterBeforeAWord) {
  EXPECT_THAT(llama3("(foo).bar"), ElementsAre("(foo", ").", "bar"));
  EXPECT_THAT(llama3("1a\u00A0b"), ElementsAre("1", "a", "\u00A0b"));
  EXPECT_THAT(gpt2("(foo)"), ElementsAre("(", "foo", ")"));
}

TEST(SplitScanner, AppendsBehindAnOffset) {
  std::vector<Span> spans = {{0, 5}};
  scan(SplitPattern::kGpt2, "a b", 5, spans);
  EXPECT_EQ(spans, (std::vector<Span>{{0, 5}, {5, 6}, {6, 8}}));
  scan(SplitPattern::kLlama3, "", 9, spans);
  EXPECT_EQ(spans.size(), 3u);
}

// Characters of every kind the patterns tell apart, in random order.
TEST(SplitScanner, CutsWhereTheRegularExpressionCuts) {
  constexpr std::string_view kParts[] = {
      " ",      "  ",     "\t",         "\n",     "\r",     "\r\n",   "a",         "Z",
      "s",      "re",     "LL",         "'",      "'s",     "'D",     "\u017F",    "1",
      "42",     "!",      ".",          "-",      "_",      "\u00E9", "\u0301",    "\u6F22",
      "\u0664", "\u00BD", "\U0001F600", "\u00A0", "\u3000", "\u2028", "\u0085",    "\u180E",
      "\u200B", "\u00AA", "\u2160",     "\x0B",   "\x1F",   "\u0E33", "\U00010400"};
  std::mt19937 random(11);
  for (const SplitPattern pattern : kAll) {
    const Regex regex = value_or_throw(Regex::compile(pattern_of(pattern)));
    for (int i = 0; i < 3000; ++i) {
      std::string text;
      for (size_t count = random() % 24; count > 0; --count) {
        text += kParts[random() % std::size(kParts)];
      }
      std::vector<Span> scanned;
      scan(pattern, text, 0, scanned);
      Regex::Session session = regex.session(text.size());
      ASSERT_EQ(scanned, regex.find_all(text, session)) << ::testing::PrintToString(text);
    }
  }
}

TEST(SplitScanner, CoversAnyBytesWithoutGaps) {
  std::mt19937 random(12);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(1 + random() % 30, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random() % 3 == 0 ? 0x80 + random() % 128 : random() % 64);
    }
    for (const SplitPattern pattern : kAll) {
      std::vector<Span> spans;
      scan(pattern, bytes, 0, spans);
      size_t position = 0;
      for (const Span& span : spans) {
        ASSERT_EQ(span.begin, position);
        ASSERT_GT(span.end, span.begin);
        position = span.end;
      }
      ASSERT_EQ(position, bytes.size());
    }
  }
}

TEST(SplitScanner, LongRunsTakeLinearTime) {
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string_view part : {" ", "\n", " \n", "a", "'", "1", "\u3000"}) {
    std::string text;
    while (text.size() < 2'000'000) {
      text += part;
    }
    text += "x";
    for (const SplitPattern pattern : kAll) {
      std::vector<Span> spans;
      scan(pattern, text, 0, spans);
      EXPECT_EQ(spans.back().end, text.size());
    }
  }
  // 42 MB at some 100 MB/s; quadratic work would take hours. Room for sanitizers.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace sextant::text
