#include "sextant/text/char_bpe.h"

#include <gtest/gtest.h>

#include <chrono>

#include "sextant/base/format.h"

namespace sextant::text {
namespace {

using Ids = std::vector<int32_t>;

Ids encode(const CharBpe& model, std::string text) {
  const size_t size = text.size();
  Ids ids;
  model.encode({.text = std::move(text), .spans = {{0, size}}}, ids);
  return ids;
}

CharBpe model_of(const std::vector<std::string>& entries, const std::vector<BpeMerges::Rule>& rules,
                 CharBpeOptions options) {
  return CharBpe(value_or_throw(Vocabulary::from_list(entries, "test")), BpeMerges(rules),
                 std::move(options));
}

TEST(CharBpe, MergesByRank) {
  const auto model =
      model_of({"a", "b", "c", "bc", "ab", "abc"}, {{1, 2, 3}, {0, 1, 4}, {0, 3, 5}}, {});
  EXPECT_EQ(encode(model, "abc"), (Ids{5}));
  EXPECT_EQ(encode(model, "abab"), (Ids{4, 4}));
  EXPECT_EQ(encode(model, ""), Ids{});
  EXPECT_EQ(model.find("ab"), 4);
  EXPECT_EQ(model.piece(5), "abc");
  EXPECT_EQ(model.size(), 6);
}

TEST(CharBpe, UnknownCharactersAreDroppedOrMarkedOrFused) {
  const std::vector<std::string> entries = {"<unk>", "a"};
  EXPECT_EQ(encode(model_of(entries, {}, {}), "xay\u00E9"), (Ids{1}));
  EXPECT_EQ(encode(model_of(entries, {}, {.unknown = 0}), "xay\u00E9"), (Ids{0, 1, 0, 0}));
  EXPECT_EQ(encode(model_of(entries, {}, {.fuse_unknown = true, .unknown = 0}), "xay\u00E9"),
            (Ids{0, 1, 0}));
}

TEST(CharBpe, FallsBackToBytesWhereAllAreThere) {
  const CharBpeOptions options{.byte_fallback = true, .unknown = 0};
  EXPECT_EQ(encode(model_of({"<unk>", "<0xC3>", "<0xA9>"}, {}, options), "\u00E9\u00E8"),
            (Ids{1, 2, 0}));
}

TEST(CharBpe, MarksMiddleAndEndOfWords) {
  const CharBpeOptions marks{.middle_prefix = "##", .end_suffix = "$", .unknown = 0};
  const auto model = model_of({"?", "a", "##b", "##c$", "b$"}, {}, marks);
  EXPECT_EQ(encode(model, "abc"), (Ids{1, 2, 3}));
  EXPECT_EQ(encode(model, "b"), (Ids{4}));
  EXPECT_EQ(encode(model, "ab"), (Ids{1, 0}));
}

TEST(CharBpe, ReadsPiecesAsBytesWhereAsked) {
  const auto model = model_of({"\u00C3", "\u00A9</w>", "\u00C3\u00A9</w>"}, {{0, 1, 2}},
                              {.end_suffix = "</w>", .byte_letters = true});
  EXPECT_EQ(encode(model, "\u00E9"), (Ids{2}));
}

TEST(CharBpe, WholeEntriesWinWhereMergesAreIgnored) {
  const std::vector<std::string> entries = {"a", "b", "ab"};
  EXPECT_EQ(encode(model_of(entries, {}, {}), "ab"), (Ids{0, 1}));
  EXPECT_EQ(encode(model_of(entries, {}, {.ignore_merges = true}), "ab"), (Ids{2}));
}

// With and without pieces that reach across spaces, which decide if words are taken one by one.
TEST(CharBpe, WordsAreIndependentOnlyWhereNoEntryJoinsThem) {
  const std::vector<std::string> entries = {"\u2581", "a", "\u2581a", "a\u2581"};
  EXPECT_EQ(encode(model_of(entries, {{1, 0, 3}, {0, 1, 2}}, {}), "\u2581a\u2581a"),
            (Ids{0, 3, 1}));
  EXPECT_EQ(encode(model_of({"\u2581", "a", "\u2581a"}, {{0, 1, 2}}, {}), "\u2581a\u2581a"),
            (Ids{2, 2}));
}

TEST(CharBpe, TwoMillionCharactersDoNotHang) {
  const auto model = model_of({"a", "aa", "aaaa"}, {{0, 0, 1}, {1, 1, 2}}, {});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(encode(model, std::string(2'000'000, 'a')).size(), 500'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace sextant::text
