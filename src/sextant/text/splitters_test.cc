// Splitters on texts small enough to cut by hand; stages_test.cc compares them with the reference.
#include "sextant/text/splitters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/text/unicode.h"

namespace sextant::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

Pieces whole(std::string text) {
  const size_t size = text.size();
  return {.text = std::move(text), .spans = {{0, size}}};
}

Words words(const Pieces& pieces) {
  Words out;
  for (const Span& span : pieces.spans) {
    out.emplace_back(pieces.view(span));
  }
  return out;
}

Words cut(const PreTokenizer& splitter, std::string text) {
  Pieces pieces = whole(std::move(text));
  splitter.apply(pieces);
  return words(pieces);
}

Words at_dashes(std::string text, SplitBehavior behavior, bool invert = false) {
  return cut(Split(value_or_throw(Regex::literal("-")), behavior, invert), std::move(text));
}

TEST(Split, MatchesGoWhereTheBehaviorSays) {
  const std::string text = "the-final--countdown";
  EXPECT_THAT(at_dashes(text, SplitBehavior::kRemoved), ElementsAre("the", "final", "countdown"));
  EXPECT_THAT(at_dashes(text, SplitBehavior::kIsolated),
              ElementsAre("the", "-", "final", "-", "-", "countdown"));
  EXPECT_THAT(at_dashes(text, SplitBehavior::kMergedPrevious),
              ElementsAre("the-", "final-", "-", "countdown"));
  EXPECT_THAT(at_dashes(text, SplitBehavior::kMergedNext),
              ElementsAre("the", "-final", "-", "-countdown"));
  EXPECT_THAT(at_dashes(text, SplitBehavior::kContiguous),
              ElementsAre("the", "-", "final", "--", "countdown"));
}

TEST(Split, InvertedTheRestIsTheMatch) {
  const std::string text = "the-final--countdown";
  EXPECT_THAT(at_dashes(text, SplitBehavior::kRemoved, true), ElementsAre("-", "-", "-"));
  EXPECT_THAT(at_dashes(text, SplitBehavior::kIsolated, true),
              ElementsAre("the", "-", "final", "-", "-", "countdown"));
  EXPECT_THAT(at_dashes(text, SplitBehavior::kMergedPrevious, true),
              ElementsAre("the", "-final", "-", "-countdown"));
  EXPECT_THAT(at_dashes(text, SplitBehavior::kMergedNext, true),
              ElementsAre("the-", "final-", "-", "countdown"));
}

TEST(Split, MatchesAtTheEndsHaveNoNeighbour) {
  EXPECT_THAT(at_dashes("-a-", SplitBehavior::kMergedPrevious), ElementsAre("-", "a-"));
  EXPECT_THAT(at_dashes("-a-", SplitBehavior::kMergedNext), ElementsAre("-a", "-"));
  EXPECT_THAT(at_dashes("--", SplitBehavior::kContiguous), ElementsAre("--"));
  EXPECT_THAT(at_dashes("--", SplitBehavior::kMergedPrevious), ElementsAre("-", "-"));
  EXPECT_THAT(at_dashes("--", SplitBehavior::kRemoved), IsEmpty());
  EXPECT_THAT(at_dashes("abc", SplitBehavior::kRemoved, true), IsEmpty());
  EXPECT_THAT(at_dashes("abc", SplitBehavior::kIsolated), ElementsAre("abc"));
}

TEST(Split, EmptyMatchesCutAndLeaveNothing) {
  const Split before_capitals(value_or_throw(Regex::compile("(?=[A-Z])")), SplitBehavior::kIsolated,
                              false);
  EXPECT_THAT(cut(before_capitals, "camelCaseX"), ElementsAre("camel", "Case", "X"));
  EXPECT_THAT(cut(before_capitals, "Ab"), ElementsAre("Ab"));
}

// A piece is cut as if the others were not there: a look-ahead does not see them.
TEST(Split, PiecesAreCutByThemselves) {
  const Split splitter(value_or_throw(Regex::compile(R"(\s+(?!\S)|\s)")), SplitBehavior::kIsolated,
                       false);
  Pieces pieces{.text = "a  b", .spans = {{0, 3}, {3, 4}}};
  splitter.apply(pieces);
  EXPECT_THAT(words(pieces), ElementsAre("a", "  ", "b"));
  EXPECT_THAT(cut(splitter, "a  b"), ElementsAre("a", " ", " ", "b"));
}

TEST(SplitAt, AppendsBehindOtherPieces) {
  std::vector<Span> out = {{0, 3}};
  split_at({3, 9}, {{3, 4}, {6, 7}}, SplitBehavior::kMergedPrevious, false, out);
  // The match that begins the span does not join the piece of another span.
  EXPECT_THAT(out, ElementsAre(Span{0, 3}, Span{3, 4}, Span{4, 7}, Span{7, 9}));
  out = {{0, 3}};
  split_at({3, 9}, {{8, 9}}, SplitBehavior::kMergedNext, false, out);
  EXPECT_THAT(out, ElementsAre(Span{0, 3}, Span{3, 8}, Span{8, 9}));
}

TEST(ByteLevel, PutsASpaceBeforeEachPieceThatHasNone) {
  const ByteLevel prefix(true, false);
  EXPECT_THAT(cut(prefix, "a b"), ElementsAre(" a b"));
  EXPECT_THAT(cut(prefix, " a"), ElementsAre(" a"));
  EXPECT_THAT(cut(prefix, "\ta"), ElementsAre(" \ta"));
  Pieces pieces{.text = "ab cd", .spans = {{0, 2}, {2, 3}, {3, 5}}, .at_start = false};
  prefix.apply(pieces);
  EXPECT_THAT(words(pieces), ElementsAre(" ab", " ", " cd"));
  EXPECT_EQ(pieces.text, " ab  cd");
  EXPECT_FALSE(pieces.at_start);
}

TEST(ByteLevel, CutsAsGpt2) {
  EXPECT_THAT(cut(ByteLevel(false, true), "it's 12  ok"),
              ElementsAre("it", "'s", " 12", " ", " ok"));
  EXPECT_THAT(cut(ByteLevel(true, true), "it's"), ElementsAre(" it", "'s"));
}

TEST(ScannerSplit, KeepsTheBordersOfThePiecesBefore) {
  Pieces pieces{.text = "don't 12345", .spans = {{0, 2}, {2, 5}, {7, 11}}};
  ScannerSplit(SplitPattern::kLlama3).apply(pieces);
  EXPECT_THAT(words(pieces), ElementsAre("do", "n", "'t", "234", "5"));
}

TEST(ClassSplit, DigitsAloneOrInRuns) {
  const ClassSplit each(char_class::kNumeric, SplitBehavior::kIsolated);
  const ClassSplit runs(char_class::kNumeric, SplitBehavior::kContiguous);
  EXPECT_THAT(cut(each, "a12b3"), ElementsAre("a", "1", "2", "b", "3"));
  EXPECT_THAT(cut(runs, "a12b3"), ElementsAre("a", "12", "b", "3"));
  // Superscripts, fractions and digits of other scripts, inside and outside the first plane.
  EXPECT_THAT(cut(runs, "x\u00B2\u00BD\u0663y\U0001D7D8"),
              ElementsAre("x", "\u00B2\u00BD\u0663", "y", "\U0001D7D8"));
}

TEST(ClassSplit, PunctuationAndWhiteSpace) {
  const ClassSplit punctuation(char_class::kPunctuation, SplitBehavior::kIsolated);
  EXPECT_THAT(cut(punctuation, "a,b$\u3002\u20AC"),
              ElementsAre("a", ",", "b", "$", "\u3002", "\u20AC"));
  const ClassSplit space(char_class::kSpace, SplitBehavior::kRemoved);
  EXPECT_THAT(cut(space, " a\u3000\n b "), ElementsAre("a", "b"));
  EXPECT_THAT(cut(space, " \t"), IsEmpty());
  EXPECT_THAT(cut(space, "\xFF \xC3"), ElementsAre("\xFF", "\xC3"));
}

TEST(WordSplit, RunsOfWordsAndOfSigns) {
  const WordSplit splitter;
  EXPECT_THAT(cut(splitter, "Hey, man!?  ok_1"), ElementsAre("Hey", ",", "man", "!?", "ok_1"));
  EXPECT_THAT(cut(splitter, "\u00E9t\u00E9\u2014\u6F22\u5B57"),
              ElementsAre("\u00E9t\u00E9", "\u2014", "\u6F22\u5B57"));
  EXPECT_THAT(cut(splitter, "  "), IsEmpty());
  Pieces pieces{.text = "abcd", .spans = {{0, 2}, {2, 4}}};
  splitter.apply(pieces);
  EXPECT_THAT(words(pieces), ElementsAre("ab", "cd"));  // words end where pieces end
}

}  // namespace
}  // namespace sextant::text
