#include "sextant/text/wordpiece.h"

#include <gtest/gtest.h>

namespace sextant::text {
namespace {

using Ids = std::vector<int32_t>;

WordPiece model_of(std::optional<int32_t> unknown, size_t max_characters = 100) {
  const std::vector<std::string> entries = {"?", "un", "##aff", "##able", "##a", "a", "\u00E9"};
  std::vector<ByteTrie::Entry> first = {{"un", 1}, {"a", 5}, {"\u00E9", 6}};
  std::vector<ByteTrie::Entry> inside = {{"aff", 2}, {"able", 3}, {"a", 4}};
  return WordPiece({.vocabulary = value_or_throw(Vocabulary::from_list(entries, "test")),
                    .first = value_or_throw(ByteTrie::build(first, "test")),
                    .inside = value_or_throw(ByteTrie::build(inside, "test")),
                    .unknown = unknown,
                    .max_characters = max_characters});
}

Ids encode(const WordPiece& model, const std::vector<std::string>& words) {
  Pieces pieces;
  for (const std::string& word : words) {
    pieces.spans.push_back({pieces.text.size(), pieces.text.size() + word.size()});
    pieces.text += word;
  }
  Ids ids;
  model.encode(pieces, ids);
  return ids;
}

TEST(WordPiece, TakesTheLongestEntriesFromTheLeft) {
  const WordPiece model = model_of(0);
  EXPECT_EQ(encode(model, {"unaffable", "a", "aaff"}), (Ids{1, 2, 3, 5, 5, 2}));
  EXPECT_EQ(model.find("##aff"), 2);
  EXPECT_EQ(model.piece(6), "\u00E9");
  EXPECT_EQ(model.size(), 7);
}

TEST(WordPiece, AWordWithARestIsUnknownAsAWhole) {
  EXPECT_EQ(encode(model_of(0), {"unaffx", "un"}), (Ids{0, 1}));
  EXPECT_EQ(encode(model_of(std::nullopt), {"unaffx", "un"}), (Ids{1}));
}

TEST(WordPiece, LongWordsAreUnknown) {
  EXPECT_EQ(encode(model_of(0, 4), {"aaaa", "aaaaa"}), (Ids{5, 4, 4, 4, 0}));
  // Characters count, not bytes.
  EXPECT_EQ(encode(model_of(0, 1), {"\u00E9", "aa"}), (Ids{6, 0}));
}

}  // namespace
}  // namespace sextant::text
