#include "sextant/text/vocabulary.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sextant::text {
namespace {

using Entry = Vocabulary::Entry;

Error error_of(const std::vector<Entry>& entries) {
  const auto made = Vocabulary::build(entries, "src");
  return made ? Error{.message = ""} : made.error();
}

// `count` different pieces, the last of which has the id `top`.
std::vector<Entry> spread(const std::vector<std::string>& names, size_t count, int64_t top) {
  std::vector<Entry> entries;
  for (size_t i = 0; i < count; ++i) {
    entries.push_back({names[i], i + 1 < count ? static_cast<int64_t>(i) : top});
  }
  return entries;
}

TEST(Vocabulary, FindsEntriesInAnyOrderOfIds) {
  const std::vector<Entry> entries = {{"cc", 2}, {"a", 0}, {"bbb", 1}};
  const Vocabulary vocabulary = value_or_throw(Vocabulary::build(entries, "src"));
  EXPECT_EQ(vocabulary.size(), 3);
  EXPECT_EQ(vocabulary.piece(0), "a");
  EXPECT_EQ(vocabulary.piece(1), "bbb");
  EXPECT_EQ(vocabulary.piece(2), "cc");
  EXPECT_EQ(vocabulary.find("bbb"), 1);
  EXPECT_EQ(vocabulary.find("bb"), std::nullopt);
  EXPECT_EQ(vocabulary.find("bbbc"), std::nullopt);  // no piece runs into the next
}

TEST(Vocabulary, HolesAndIdsOutsideHaveNoPiece) {
  const std::vector<Entry> entries = {{"a", 1}, {"b", 4}};
  const Vocabulary vocabulary = value_or_throw(Vocabulary::build(entries, "src"));
  EXPECT_EQ(vocabulary.size(), 5);
  for (const int32_t id : {-1, 0, 2, 3, 5, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(vocabulary.piece(id), "") << id;
  }
  EXPECT_EQ(vocabulary.piece(1), "a");
  EXPECT_EQ(vocabulary.piece(4), "b");
  EXPECT_EQ(vocabulary.find(""), std::nullopt);  // a hole is no entry
}

TEST(Vocabulary, EmptyFindsNothing) {
  EXPECT_EQ(Vocabulary().find("a"), std::nullopt);
  EXPECT_EQ(Vocabulary().piece(0), "");
  const Vocabulary built = value_or_throw(Vocabulary::build({}, "src"));
  EXPECT_EQ(built.size(), 0);
  EXPECT_EQ(built.find("a"), std::nullopt);
}

TEST(Vocabulary, RefusesIdsOutsideItsLimit) {
  const Error negative = error_of({{"a", 0}, {"b", -7}});
  EXPECT_EQ(negative.code, ErrorCode::kOutOfRange);
  EXPECT_EQ(negative.message,
            "[text/vocabulary] src: entry \"b\": expected an id of 0 to 1999999, found -7");
  EXPECT_EQ(error_of({{"b", kMaxVocabulary}}).message,
            "[text/vocabulary] src: entry \"b\": expected an id of 0 to 1999999, found 2000000");
  EXPECT_EQ(error_of({{"b", INT64_MAX}}).code, ErrorCode::kOutOfRange);
  // A message quotes the beginning of an entry only.
  const std::string text(500, 'x');
  EXPECT_EQ(error_of({{text, -1}}).message, "[text/vocabulary] src: entry \"" +
                                                std::string(80, 'x') +
                                                "\": expected an id of 0 to 1999999, found -1");
}

// From id 65536 on, at least half of the ids must be used.
TEST(Vocabulary, RefusesLargeGaps) {
  std::vector<std::string> names;
  for (int i = 0; i < 32768; ++i) {
    names.push_back(format("n{}", i));
  }
  EXPECT_EQ(error_of(spread(names, 1, 65535)).message, "");
  EXPECT_EQ(error_of(spread(names, 32768, 65536)).message, "");
  EXPECT_EQ(error_of(spread(names, 32767, 65536)).message,
            "[text/vocabulary] src: expected ids without large gaps, found 32767 entries and id "
            "65536");
}

TEST(Vocabulary, RefusesIdsAndPiecesThatComeTwice) {
  const Error id = error_of({{"a", 0}, {"b", 1}, {"c", 1}});
  EXPECT_EQ(id.code, ErrorCode::kDataLoss);
  EXPECT_EQ(id.message,
            "[text/vocabulary] src: expected each id once, found 1 for \"b\" and \"c\"");
  const Error piece = error_of({{"a", 0}, {"b", 1}, {"a", 2}});
  EXPECT_EQ(piece.code, ErrorCode::kDataLoss);
  EXPECT_EQ(piece.message, "[text/vocabulary] src: expected each entry once, found \"a\" twice");
  EXPECT_EQ(error_of({{"", 0}, {"", 1}}).message, "");  // entries of no bytes are holes
}

TEST(Vocabulary, AListMayRepeatItsEntries) {
  const std::vector<std::string> pieces = {"a", "b", "a", "", "c"};
  const Vocabulary vocabulary = value_or_throw(Vocabulary::from_list(pieces, "src"));
  EXPECT_EQ(vocabulary.size(), 5);
  EXPECT_EQ(vocabulary.find("a"), 2);
  EXPECT_EQ(vocabulary.piece(0), "a");
  EXPECT_EQ(vocabulary.piece(3), "");
  const std::vector<std::string_view> many(static_cast<size_t>(kMaxVocabulary) + 1);
  const auto refused = Vocabulary::from_list(many, "src");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(refused.error().message,
            "[text/vocabulary] src: expected at most 2000000 entries, found 2000001");
}

TEST(Vocabulary, EqualsAMapOnRandomPieces) {
  std::mt19937 random(21);
  const auto piece = [&random] {
    std::string text(1 + random() % 20, '\0');
    for (char& c : text) {
      c = static_cast<char>(random() % 3);  // zeros too: sizes tell them apart
    }
    return text;
  };
  std::vector<std::string> pieces;
  std::map<std::string, int32_t> expected;
  for (int32_t id = 0; id < 20000; ++id) {
    pieces.push_back(piece());
    expected[pieces.back()] = id;
  }
  const Vocabulary vocabulary = value_or_throw(Vocabulary::from_list(pieces, "src"));
  for (const auto& [text, id] : expected) {
    ASSERT_EQ(vocabulary.find(text), id);
  }
  for (int i = 0; i < 20000; ++i) {
    const std::string other = piece();
    ASSERT_EQ(vocabulary.find(other).has_value(), expected.contains(other));
  }
}

}  // namespace
}  // namespace sextant::text
