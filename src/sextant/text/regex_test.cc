#include "sextant/text/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "sextant/base/utf8.h"
#include "sextant/text/unicode.h"
#include "support/peak_memory.h"

namespace sextant::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Spans = std::vector<Span>;

std::vector<Span> spans(const Regex& regex, std::string_view text) {
  Regex::Session session = regex.session(text.size());
  return regex.find_all(text, session);
}

std::vector<std::string> found(std::string_view pattern, std::string_view text) {
  std::vector<std::string> out;
  for (const Span& span : spans(value_or_throw(Regex::compile(pattern)), text)) {
    out.emplace_back(text.substr(span.begin, span.end - span.begin));
  }
  return out;
}

Error error_of(std::string_view pattern) {
  const auto regex = Regex::compile(pattern);
  return regex ? Error{.message = "compiles"} : regex.error();
}

TEST(Regex, FindsMatchesFromTheLeft) {
  EXPECT_THAT(found("a+", "baabaaa"), ElementsAre("aa", "aaa"));
  EXPECT_THAT(found("ab|a", "aab"), ElementsAre("a", "ab"));
  EXPECT_THAT(found("a+?b?", "aab"), ElementsAre("a", "ab"));
  EXPECT_THAT(found(R"(\s+(?!\S)|\s+)", "a   b "), ElementsAre("  ", " ", " "));
  EXPECT_THAT(found("(?<=x)a|(?<!x)b(?>c*)", "xaxbbcca"), ElementsAre("a", "bcc"));
}

TEST(Regex, EmptyMatchesStandOnlyWhereNoMatchEnds) {
  const Regex regex = value_or_throw(Regex::compile("a*"));
  EXPECT_EQ(spans(regex, "baac"), (Spans{{0, 0}, {1, 3}, {4, 4}}));
  EXPECT_THAT(spans(regex, ""), IsEmpty());
  // From one character to the next, never into one.
  EXPECT_EQ(spans(regex, "\u00E9\u6F22"), (Spans{{0, 0}, {2, 2}, {5, 5}}));
}

TEST(Regex, LinesAreAsInRuby) {
  EXPECT_THAT(found("^.", "ab\ncd"), ElementsAre("a", "c"));
  EXPECT_THAT(found(".$", "ab\ncd"), ElementsAre("b", "d"));
  EXPECT_THAT(found(".+", "a\r\u2028b\nc"), ElementsAre("a\r\u2028b", "c"));
  EXPECT_THAT(found(R"(\Aa)", "a\na"), ElementsAre("a"));
}

TEST(Regex, CaseFoldingIsThatOfUnicode) {
  EXPECT_THAT(found("(?i:'s|'t)", "'S'T'\u017F's"), ElementsAre("'S", "'T", "'\u017F", "'s"));
  EXPECT_THAT(found("(?i)\u00E9(?-i:b)", "\u00C9b\u00C9B"), ElementsAre("\u00C9b"));
}

TEST(Regex, WordCharactersAreThoseOfTheReference) {
  EXPECT_THAT(found(R"(\w+)", "e\u0301_1\u00B2 \u24B6\u00D7\u2160"),
              ElementsAre("e\u0301_1\u00B2", "\u24B6", "\u2160"));
  EXPECT_THAT(found(R"(\W+)", "a \u00D7b"), ElementsAre(" \u00D7"));
  EXPECT_THAT(found(R"([\w.]+)", "a.b-c"), ElementsAre("a.b", "c"));
}

TEST(Regex, CodePointsByNumber) {
  EXPECT_THAT(found(R"(\u00e9+)", "e\u00E9\u00E9"), ElementsAre("\u00E9\u00E9"));
  EXPECT_THAT(found(R"([\u4e00-\u9fff]+)", "a\u6F22\u5B57b"), ElementsAre("\u6F22\u5B57"));
  EXPECT_THAT(found(R"(\x{1F600}|\x41)", "A\U0001F600"), ElementsAre("A", "\U0001F600"));
}

TEST(Regex, BracketsTakeNegationAndEscapes) {
  EXPECT_THAT(found(R"([^\s\p{L}\p{N}]+)", "a +- 1!\n"), ElementsAre("+-", "!"));
  EXPECT_THAT(found(R"([\]\[]+)", "a[]b"), ElementsAre("[]"));
  EXPECT_THAT(found(R"([^\]]+)", "a]b"), ElementsAre("a", "b"));
}

// What a class matches in a text of all characters, and what the tables say.
void expect_class(std::string_view pattern, bool (*is_member)(uint32_t)) {
  std::string text;
  std::vector<std::pair<size_t, uint32_t>> begins;
  for (uint32_t code = 1; code < kCodePointEnd; ++code) {
    if (code < 0xD800 || code > 0xDFFF) {
      begins.emplace_back(text.size(), code);
      append_utf8(text, code);
    }
  }
  std::vector<bool> matched(text.size(), false);
  for (const Span& span : spans(value_or_throw(Regex::compile(pattern)), text)) {
    std::fill(matched.begin() + static_cast<std::ptrdiff_t>(span.begin),
              matched.begin() + static_cast<std::ptrdiff_t>(span.end), true);
  }
  size_t differences = 0;
  for (const auto& [begin, code] : begins) {
    if (matched[begin] != is_member(code) && ++differences < 10) {
      ADD_FAILURE() << pattern << format(" at U+{:04X}", code);
    }
  }
  EXPECT_EQ(differences, 0u);
}

TEST(Regex, ClassesAreThoseOfTheTablesForEveryCharacter) {
  expect_class(R"(\p{L}+)", is_letter);
  expect_class(R"(\p{N}+)", is_number);
  expect_class(R"(\s+)", is_space);
}

TEST(Regex, BytesThatAreNotUtf8AreCharactersOfNoClass) {
  const Regex letters = value_or_throw(Regex::compile("[a-z]+"));
  EXPECT_EQ(spans(letters, "a\xFFz\xC3"), (Spans{{0, 1}, {2, 3}}));
  EXPECT_THAT(found(R"([^\s\p{L}\p{N}]+)", "a\xFF\x80 \xE6\xBC"),
              ElementsAre("\xFF\x80", "\xE6\xBC"));
}

TEST(Regex, LiteralsHaveNoOperators) {
  const Regex dots = value_or_throw(Regex::literal(".+"));
  EXPECT_EQ(spans(dots, "a.+b+.+"), (Spans{{1, 3}, {5, 7}}));
  const Regex pairs = value_or_throw(Regex::literal("aa"));
  EXPECT_EQ(spans(pairs, "aaaaa"), (Spans{{0, 2}, {2, 4}}));
  const auto empty = Regex::literal("");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().message, "[text/regex] pattern: expected a text, found none");
}

TEST(Regex, RefusesWhatTheEnginesReadDifferently) {
  const std::pair<const char*, const char*> cases[] = {
      {"a{2}+", "+ behind {n}"},
      {"(*FAIL)", "(*"},
      {"[a[b]]", "[ inside [...]"},
      {"[a&&b]", "&& inside [...]"},
      {R"(\bx)", R"(\b)"},
      {R"(\h)", R"(\h)"},
      {R"(\Ra)", R"(\R)"},
      {R"(\X)", R"(\X)"},
      {R"(a\Kb)", R"(\K)"},
      {R"(\Qa\E)", R"(\Q)"},
      {R"((a)\k<1>)", R"(\k)"},
      {R"([\W])", R"(\W)"},
      {R"(a\Z)", R"(\Z)"},
      {R"(\Ga)", R"(\G)"},
      {"(?<n>a)", "(?<"},
      {"(?P<n>a)", "(?P"},
      {"(?x)a b", "(?x"},
      {"(?#c)a", "(?#"},
      {"(?R)", "(?R"},
      {"a\\", "\\ at the end"},
      {"(?", "(?"},
  };
  for (const auto& [pattern, what] : cases) {
    const Error error = error_of(pattern);
    EXPECT_EQ(error.code, ErrorCode::kUnsupported) << pattern;
    EXPECT_EQ(error.message,
              format("[text/regex] no support for {} in the pattern \"{}\"", what, pattern));
  }
}

TEST(Regex, SaysWhereAPatternIsBroken) {
  EXPECT_EQ(error_of("ab(c").code, ErrorCode::kDataLoss);
  EXPECT_EQ(error_of("ab(c").message,
            "[text/regex] pattern \"ab(c\": missing closing parenthesis at byte 4");
  EXPECT_EQ(error_of("[z-a]").message,
            "[text/regex] pattern \"[z-a]\": range out of order in character class at byte 3");
  EXPECT_EQ(error_of(R"(\p{Nonsense})").code, ErrorCode::kDataLoss);
  const std::string deep = std::string(65, '(') + "a" + std::string(65, ')');
  EXPECT_THAT(error_of(deep).message, ::testing::HasSubstr("parentheses are too deeply nested"));
}

TEST(Regex, LimitsTheSizeOfPatterns) {
  for (const std::string& pattern : {std::string(), std::string(4097, 'a'), std::string("a\xFF")}) {
    const Error error = error_of(pattern);
    EXPECT_EQ(error.code, ErrorCode::kUnsupported);
    EXPECT_EQ(error.message,
              format("[text/regex] pattern: expected 1 to 4096 bytes of UTF-8, found {} bytes",
                     pattern.size()));
  }
  EXPECT_EQ(error_of(std::string(4096, 'a')).message, "compiles");
}

// Patterns that take exponential or cubic time where nothing bounds the steps.
TEST(Regex, HostilePatternsGiveUp) {
  const std::string text = std::string(4000, 'a') + "!";
  const auto begin = std::chrono::steady_clock::now();
  for (const char* pattern : {"(a+)+[bc]", "(a|aa)+[bc]", "a*a*a*a*a*a*[bc]", "(a*)*[bc]"}) {
    EXPECT_THAT(found(pattern, text), IsEmpty()) << pattern;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

// Each match stays below the limit of steps; together they would take too long.
TEST(Regex, ASessionHasATimeBudget) {
  if (test_data::sanitized()) {
    GTEST_SKIP() << "a sanitizer's own work would be counted";
  }
  constexpr size_t kWords = 20000;
  std::string text;
  for (size_t i = 0; i < kWords; ++i) {
    text += "x" + std::string(24, 'a') + "!";
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto matches = spans(value_or_throw(Regex::compile("xa*a*a*a*a*a*[bc]|x")), text);
  // Half a million steps a word are some 6 s in all; the budget is 0.5 s and 2 us a byte: 1.5 s.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_GT(matches.size(), 100u);
  EXPECT_LT(matches.size(), kWords);
}

TEST(Regex, CopiesOutliveTheOriginal) {
  Regex copy = value_or_throw(Regex::literal("b"));
  {
    const Regex regex = value_or_throw(Regex::compile("a"));
    copy = regex;
  }
  Regex::Session session = copy.session(100);
  EXPECT_EQ(copy.find_all("xa", session), (Spans{{1, 2}}));
  EXPECT_EQ(copy.find_all("aa", session), (Spans{{0, 1}, {1, 2}}));
}

}  // namespace
}  // namespace sextant::text
