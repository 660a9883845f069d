#include "sextant/text/added_tokens.h"

#include <gtest/gtest.h>

#include "sextant/text/string_normalizers.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text {
namespace {

AddedTokens build(std::vector<AddedToken> tokens) {
  return value_or_throw(AddedTokens::build(std::move(tokens), {}));
}

std::string shown(const std::vector<AddedTokens::Match>& matches) {
  std::string out;
  for (const AddedTokens::Match& match : matches) {
    out += format("{}:{}-{} ", match.id, match.begin, match.end);
  }
  return out;
}

// "id:begin-end " of each token found in raw text.
std::string found(const AddedTokens& tokens, std::string_view text, bool parse_special = true,
                  std::span<const TextRange> plain = {}) {
  std::vector<AddedTokens::Match> matches;
  tokens.find_raw(text, parse_special, plain, matches);
  return shown(matches);
}

std::string found_normalized(const AddedTokens& tokens, std::string_view text) {
  std::vector<AddedTokens::Match> matches;
  tokens.find_normalized(text, true, matches);
  return shown(matches);
}

TEST(AddedTokens, TheLongestAtEachPlaceWins) {
  const AddedTokens tokens = build({{.content = "ab", .id = 1},
                                    {.content = "abcd", .id = 2},
                                    {.content = "bc", .id = 3},
                                    {.content = "abce\xFF", .id = 4}});
  EXPECT_EQ(found(tokens, "abcd"), "2:0-4 ");
  EXPECT_EQ(found(tokens, "abcx"), "1:0-2 ");
  EXPECT_EQ(found(tokens, "xbcab"), "3:1-3 1:3-5 ");
  EXPECT_EQ(found(tokens, "abababcd"), "1:0-2 1:2-4 2:4-8 ");
  EXPECT_EQ(found(tokens, "abce\xFF"), "4:0-5 ");
  EXPECT_EQ(found(tokens, "a"), "");
  EXPECT_EQ(found(tokens, ""), "");
  EXPECT_EQ(found(AddedTokens(), "ab"), "");
}

TEST(AddedTokens, ControlTokensAreTextUnlessAskedFor) {
  const AddedTokens tokens =
      build({{.content = "<ab>", .id = 1, .special = true}, {.content = "ab", .id = 2}});
  EXPECT_EQ(found(tokens, "<ab>ab"), "1:0-4 2:4-6 ");
  // One that is passed over still hides what begins inside it.
  EXPECT_EQ(found(tokens, "<ab>ab", false), "2:4-6 ");
}

TEST(AddedTokens, ControlTokensAreTextInPlainStretches) {
  const AddedTokens tokens =
      build({{.content = "<ab>", .id = 1, .special = true}, {.content = "ab", .id = 2}});
  const std::vector<TextRange> plain = {{4, 8}, {9, 12}, {15, 16}};
  //                               0   4   8   12  16
  EXPECT_EQ(found(tokens, "<ab><ab><ab><ab><ab>ab", true, plain), "1:0-4 1:16-20 2:20-22 ");
}

TEST(AddedTokens, StripSwallowsWhiteSpace) {
  const AddedTokens left = build({{.content = "<m>", .id = 1, .lstrip = true}});
  EXPECT_EQ(found(left, "a \n<m> b"), "1:1-6 ");
  const AddedTokens right = build({{.content = "<m>", .id = 1, .rstrip = true}});
  EXPECT_EQ(found(right, "a <m> \t\u3000b"), "1:2-10 ");
  const AddedTokens both = build({{.content = "<m>", .id = 1, .lstrip = true, .rstrip = true}});
  EXPECT_EQ(found(both, "  <m>  "), "1:0-7 ");
  EXPECT_EQ(found(both, "<m>"), "1:0-3 ");
}

// Space between two tokens belongs to the first that wants it; none is counted twice.
TEST(AddedTokens, StripDoesNotReachIntoTheTokenBefore) {
  const AddedTokens tokens = build({{.content = "<m>", .id = 1, .lstrip = true, .rstrip = true},
                                    {.content = "<n>", .id = 2, .lstrip = true},
                                    {.content = " x", .id = 3}});
  EXPECT_EQ(found(tokens, "<m>  <m>"), "1:0-5 1:5-8 ");
  EXPECT_EQ(found(tokens, "<n> <n>"), "2:0-3 2:3-7 ");
  EXPECT_EQ(found(tokens, "<m> x"), "1:0-4 3:4-5 ");
}

TEST(AddedTokens, SingleWordsStandAlone) {
  const AddedTokens tokens = build({{.content = "cat", .id = 1, .single_word = true}});
  EXPECT_EQ(found(tokens, "cat"), "1:0-3 ");
  EXPECT_EQ(found(tokens, "a cat, cat."), "1:2-5 1:7-10 ");
  EXPECT_EQ(found(tokens, "cats bobcat"), "");
  EXPECT_EQ(found(tokens, "_cat cat_ cat1"), "");
  EXPECT_EQ(found(tokens, "\u00E9cat cat\u0301 cat\u6F22"), "");
  EXPECT_EQ(found(tokens,
                  "\xFF"
                  "cat-cat"),
            "1:1-4 1:5-8 ");
  EXPECT_EQ(found(tokens, "catcat"), "");
}

TEST(AddedTokens, NormalizedOnesAreSoughtInNormalizedText) {
  Normalizers lower;
  lower.push_back(std::make_unique<Lowercase>());
  const AddedTokens tokens = value_or_throw(AddedTokens::build(
      {{.content = "Foo", .id = 1, .normalized = true}, {.content = "Bar", .id = 2}}, lower));
  EXPECT_EQ(found(tokens, "Foo foo Bar bar"), "2:8-11 ");
  EXPECT_EQ(found_normalized(tokens, "foo Foo bar Bar"), "1:0-3 ");
  EXPECT_EQ(tokens.find("Foo"), 1);  // as the file writes it
  EXPECT_EQ(tokens.find("foo"), std::nullopt);
}

TEST(AddedTokens, TheLastOfEqualContentsCounts) {
  const AddedTokens tokens = build({{.content = "a", .id = 1}, {.content = "a", .id = 2}});
  EXPECT_EQ(found(tokens, "a"), "2:0-1 ");
  EXPECT_EQ(tokens.find("a"), 2);
  ASSERT_NE(tokens.by_id(1), nullptr);
  EXPECT_EQ(tokens.by_id(1)->content, "a");
  EXPECT_EQ(tokens.by_id(3), nullptr);
  EXPECT_EQ(tokens.tokens().size(), 2u);
}

TEST(AddedTokens, RefusesBadIdsAndContents) {
  const auto error = [](AddedToken token, Normalizers normalizers = {}) {
    const auto made = AddedTokens::build({std::move(token)}, normalizers);
    EXPECT_TRUE(made || made.error().code == ErrorCode::kOutOfRange);
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(error({.content = "x", .id = -1}),
            "[text/added_tokens] \"x\": expected an id of 0 to 1999999, found -1");
  EXPECT_EQ(error({.content = "x", .id = kMaxVocabulary}),
            "[text/added_tokens] \"x\": expected an id of 0 to 1999999, found 2000000");
  EXPECT_EQ(error({.content = "x", .id = kMaxVocabulary - 1}), "");
  EXPECT_EQ(error({.content = "", .id = 7}),
            "[text/added_tokens] token 7: expected 1 to 1024 bytes, found 0");
  EXPECT_EQ(error({.content = std::string(1025, 'a'), .id = 7}),
            "[text/added_tokens] token 7: expected 1 to 1024 bytes, found 1025");
  EXPECT_EQ(error({.content = std::string(1024, 'a'), .id = 7}), "");
  Normalizers strip;
  strip.push_back(std::make_unique<Strip>(true, true));
  EXPECT_EQ(error({.content = "  ", .id = 7, .normalized = true}, std::move(strip)),
            "[text/added_tokens] token 7: expected 1 to 1024 bytes, found 0");
}

}  // namespace
}  // namespace sextant::text
