#include "sextant/text/sentencepiece_bpe.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sextant::text {
namespace {

using Type = SentencePieceProto::PieceType;
using Ids = std::vector<int32_t>;

struct Piece {
  std::string_view text;
  float score;
  Type type = Type::kNormal;
};

Result<SentencePieceVocabulary> vocabulary_of(const std::vector<Piece>& pieces) {
  SentencePieceList list;
  for (const Piece& piece : pieces) {
    list.texts.push_back(piece.text);
    list.scores.push_back(piece.score);
    list.types.push_back(piece.type);
  }
  return SentencePieceVocabulary::build(std::move(list), "[x] y");
}

Ids encode(const SentencePieceBpe& model, std::string text) {
  const size_t size = text.size();
  Ids ids;
  model.encode({.text = std::move(text), .spans = {{0, size}}}, ids);
  return ids;
}

SentencePieceBpe model_of(const std::vector<Piece>& pieces) {
  return SentencePieceBpe(value_or_throw(vocabulary_of(pieces)));
}

TEST(SentencePieceBpe, MergesTheHighestScoreFirst) {
  const auto model = model_of({{"<unk>", 0, Type::kUnknown},
                               {"a", -9},
                               {"b", -9},
                               {"c", -9},
                               {"ab", -2},
                               {"bc", -1},
                               {"abc", -3}});
  EXPECT_EQ(encode(model, "abc"), (Ids{6}));  // a+bc
  EXPECT_EQ(encode(model, "ab"), (Ids{4}));
  EXPECT_EQ(encode(model, "abab"), (Ids{4, 4}));
  EXPECT_EQ(encode(model, ""), Ids{});
}

TEST(SentencePieceBpe, OfEqualScoresTheLeftmostIsMergedFirst) {
  const auto model = model_of({{"<unk>", 0, Type::kUnknown}, {"a", -9}, {"aa", -1}, {"aaaa", -2}});
  EXPECT_EQ(encode(model, "aaa"), (Ids{2, 1}));
  EXPECT_EQ(encode(model, "aaaaa"), (Ids{3, 1}));
}

TEST(SentencePieceBpe, JoinsCharactersThatAreNoPieces) {
  // The joined text decides: neither half need be a piece.
  const auto model = model_of({{"<unk>", 0, Type::kUnknown}, {"xy", -1}});
  EXPECT_EQ(encode(model, "xy"), (Ids{1}));
  EXPECT_EQ(encode(model, "yyxyxx"), (Ids{0, 1, 0}));
}

TEST(SentencePieceBpe, UnusedPiecesFallApart) {
  const auto model = model_of({{"<unk>", 0, Type::kUnknown},
                               {"a", -9},
                               {"b", -9},
                               {"ab", -1, Type::kUnused},
                               {"aba", -2},
                               {"abab", -1.5F, Type::kUnused}});
  EXPECT_EQ(encode(model, "ab"), (Ids{1, 2}));
  EXPECT_EQ(encode(model, "aba"), (Ids{4}));  // made by way of the unused piece
  EXPECT_EQ(encode(model, "abab"), (Ids{1, 2, 1, 2}));
}

TEST(SentencePieceBpe, UserDefinedSymbolsAreNeverMerged) {
  const auto model = model_of({{"<unk>", 0, Type::kUnknown},
                               {"a", -9},
                               {"b", -9},
                               {"ab", -1},
                               {"bb", 0, Type::kUserDefined}});
  EXPECT_EQ(encode(model, "abb"), (Ids{1, 4}));
  EXPECT_EQ(encode(model, "abbb"), (Ids{1, 4, 2}));
}

TEST(SentencePieceBpe, ControlPiecesAreNoResultOfMerging) {
  const auto model = model_of({{"<unk>", 0, Type::kUnknown},
                               {"<s>", 5, Type::kControl},
                               {"<", -1},
                               {"s", -1},
                               {">", -1},
                               {"<s", -1}});
  EXPECT_EQ(encode(model, "<s>"), (Ids{5, 4}));
}

TEST(SentencePieceBpe, PiecesAcrossSpacesAreFound) {
  const auto model = model_of(
      {{"<unk>", 0, Type::kUnknown}, {"\u2581", -9}, {"a", -9}, {"a\u2581", -2}, {"a\u2581a", -1}});
  EXPECT_EQ(encode(model, "\u2581a\u2581a"), (Ids{1, 4}));
  EXPECT_TRUE(has_inner_space("a\u2581a"));
  EXPECT_FALSE(has_inner_space("\u2581\u2581a"));
  EXPECT_FALSE(has_inner_space("\u2581"));
  EXPECT_EQ(space_word_end("\u2581\u2581ab\u2581c", 0), 8u);
  EXPECT_EQ(space_word_end("\u2581\u2581ab\u2581c", 8), 12u);
}

TEST(SentencePieceBpe, ByteNamesAreReadExactly) {
  EXPECT_EQ(byte_of_piece("<0x00>"), 0);
  EXPECT_EQ(byte_of_piece("<0xFF>"), 255);
  for (const char* bad : {"<0x-1>", "<0xff>", "<0x100>", "<0x1>", "0x0A", "<0x0A", "", "<0xG0>"}) {
    EXPECT_EQ(byte_of_piece(bad), -1) << bad;
  }
}

TEST(SentencePieceBpe, RefusesBadVocabularies) {
  const auto error = [](const std::vector<Piece>& pieces) {
    const auto vocabulary = vocabulary_of(pieces);
    return vocabulary ? "" : vocabulary.error().message;
  };
  EXPECT_EQ(error({{"a", 0}}), "[x] y: expected an unknown piece, found none in 1");
  EXPECT_EQ(error({{"a", 0, Type::kUnknown}, {"b", 0, Type::kUnknown}}),
            "[x] y: expected one unknown piece, found 0 and 1");
  // The index -1 of this name was once a write before a table.
  EXPECT_EQ(error({{"a", 0, Type::kUnknown}, {"<0x-1>", 0, Type::kByte}}),
            "[x] y: byte piece 1: expected <0x00> to <0xFF>, found \"<0x-1>\"");
  EXPECT_EQ(
      error({{"a", 0, Type::kUnknown}, {"b", 0, Type::kUserDefined}, {"b", 0, Type::kUserDefined}}),
      "[x] y: expected each piece once, found \"b\" twice");
}

TEST(SentencePieceBpe, TwoMillionCharactersDoNotHang) {
  const auto model = model_of({{"<unk>", 0, Type::kUnknown},
                               {"a", -9},
                               {"aa", -1},
                               {"aaaa", -2},
                               {"aaaaaaaa", -3},
                               {"b\u2581b", -9}});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(encode(model, std::string(2'000'000, 'a')).size(), 250'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace sextant::text
