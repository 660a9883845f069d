#include "sextant/text/unigram.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sextant::text {
namespace {

using Type = SentencePieceProto::PieceType;

struct Piece {
  std::string_view text;
  float score;
  Type type = Type::kNormal;
};

SentencePieceList list_of(const std::vector<Piece>& pieces) {
  SentencePieceList list;
  for (const Piece& piece : pieces) {
    list.texts.push_back(piece.text);
    list.scores.push_back(piece.score);
    list.types.push_back(piece.type);
  }
  return list;
}

std::vector<int32_t> encode(const Unigram& model, std::string text) {
  const size_t size = text.size();
  std::vector<int32_t> ids;
  model.encode({.text = std::move(text), .spans = {{0, size}}}, ids);
  return ids;
}

Unigram model_of(const std::vector<Piece>& pieces) {
  return Unigram(value_or_throw(unigram_from_sentencepiece(list_of(pieces), "test")));
}

using Ids = std::vector<int32_t>;

TEST(Unigram, TakesTheCutWithTheHighestSum) {
  const Unigram model = model_of(
      {{"<unk>", 0, Type::kUnknown}, {"a", -1}, {"b", -1}, {"ab", -1.5F}, {"abc", -9}, {"c", -2}});
  EXPECT_EQ(encode(model, "ab"), (Ids{3}));
  EXPECT_EQ(encode(model, "abc"), (Ids{3, 5}));
  EXPECT_EQ(encode(model, "ba"), (Ids{2, 1}));
  EXPECT_EQ(encode(model, ""), Ids{});
  EXPECT_EQ(model.size(), 6);
  EXPECT_EQ(model.piece(3), "ab");
  EXPECT_EQ(model.find("abc"), 4);
}

TEST(Unigram, ARunOfUnknownCharactersIsOneUnknown) {
  const Unigram model = model_of({{"<unk>", 0, Type::kUnknown}, {"a", -1}});
  EXPECT_EQ(encode(model,
                   "xyza\u00E9\xFF"
                   "a"),
            (Ids{0, 1, 0, 1}));
}

TEST(Unigram, ControlAndUnusedPiecesAreNeverFound) {
  const Unigram model = model_of({{"<unk>", 0, Type::kUnknown},
                                  {"<s>", 0, Type::kControl},
                                  {"ab", -1, Type::kUnused},
                                  {"a", -5},
                                  {"b", -5}});
  EXPECT_EQ(encode(model, "ab<s>"), (Ids{3, 4, 0}));
}

TEST(Unigram, UserDefinedPiecesWin) {
  const Unigram model = model_of({{"<unk>", 0, Type::kUnknown},
                                  {"abc", -0.01F},
                                  {"bc", 0, Type::kUserDefined},
                                  {"a", -0.01F}});
  EXPECT_EQ(encode(model, "bc"), (Ids{2}));
  EXPECT_EQ(encode(model, "abc"), (Ids{1}));  // the model alone; the normaliser keeps symbols whole
}

TEST(Unigram, FallsBackToBytes) {
  std::vector<Piece> pieces = {{"<unk>", 0, Type::kUnknown}};
  std::vector<std::string> names;
  for (int byte = 0; byte < 256; ++byte) {
    names.push_back(format("<0x{:02X}>", byte));
  }
  for (const std::string& name : names) {
    pieces.push_back({name, 0, Type::kByte});
  }
  pieces.push_back({"a", -1});
  SentencePieceList list = list_of(pieces);
  list.byte_fallback = true;
  const Unigram model(value_or_throw(unigram_from_sentencepiece(list, "test")));
  EXPECT_EQ(encode(model, "a\u00E9"), (Ids{257, 1 + 0xC3, 1 + 0xA9}));
  list.texts.erase(list.texts.begin() + 1);
  list.scores.erase(list.scores.begin());
  list.types.erase(list.types.begin() + 1);
  const auto missing = unigram_from_sentencepiece(list, "[x] y");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "[x] y: expected a piece for each byte, found none for 0");
}

TEST(Unigram, RefusesPiecesThatComeTwiceAndMissingUnknown) {
  const auto twice = unigram_from_sentencepiece(
      list_of({{"<unk>", 0, Type::kUnknown}, {"a", 0}, {"a", 0}}), "[x] y");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message, "[x] y: expected each piece once, found \"a\" twice");
  const auto none = unigram_from_sentencepiece(list_of({{"a", 0}}), "[x] y");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "[x] y: expected an unknown piece, found none in 1");
}

TEST(Unigram, TwoMillionCharactersTakeLinearTime) {
  const Unigram model = model_of({{"<unk>", 0, Type::kUnknown}, {"a", -1}, {"aaaaaaaa", -2}});
  const auto begin = std::chrono::steady_clock::now();
  const Ids ids = encode(model, std::string(2'000'000, 'a'));
  EXPECT_EQ(ids.size(), 250'000u);
  // Quadratic work would take hours; the limit leaves room for sanitizers.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace sextant::text
