#include "sextant/text/sentencepiece_proto.h"

#include <gtest/gtest.h>

#include <limits>

#include "support/sentencepiece_builder.h"
#include "support/test_data.h"

namespace sextant::text {
namespace {

using Builder = test_data::SentencePieceBuilder;
using PieceType = SentencePieceProto::PieceType;

std::string error_of(const std::string& bytes) {
  const auto model = read_sentencepiece_proto(bytes);
  return model ? "" : model.error().message;
}

TEST(SentencePieceProto, ReadsPiecesAndSettings) {
  const std::string bytes =
      Builder()
          .piece("<unk>", 0, 2)
          .piece("a", -1.5F)
          .piece("<b>", 0, 4)
          .trainer(Builder::number(3, 2) + Builder::number(35, 1) + Builder::number(24, 1) +
                   Builder::bytes(46, "[B]") + Builder::bytes(47, "[E]"))
          .normalizer(Builder::bytes(1, "nfkc") + Builder::bytes(2, "map") + Builder::number(3, 0) +
                      Builder::number(4, 0) + Builder::number(5, 0))
          .build();
  const auto model = value_or_throw(read_sentencepiece_proto(bytes));
  ASSERT_EQ(model.pieces.size(), 3u);
  EXPECT_EQ(model.text(model.pieces[1]), "a");
  EXPECT_EQ(model.pieces[1].score, -1.5F);
  EXPECT_EQ(model.pieces[0].type, PieceType::kUnknown);
  EXPECT_EQ(model.pieces[2].type, PieceType::kUserDefined);
  EXPECT_EQ(model.model_type, SentencePieceProto::ModelType::kBpe);
  EXPECT_TRUE(model.byte_fallback);
  EXPECT_TRUE(model.treat_whitespace_as_suffix);
  EXPECT_FALSE(model.add_dummy_prefix);
  EXPECT_FALSE(model.remove_extra_whitespaces);
  EXPECT_FALSE(model.escape_whitespaces);
  EXPECT_EQ(model.precompiled_charsmap, "map");
  EXPECT_EQ(model.bos_piece, "[B]");
  EXPECT_EQ(model.eos_piece, "[E]");
}

TEST(SentencePieceProto, TakesTheDefaultsOfTheFormat) {
  // A piece without type and score, fields that nobody knows, and an empty trainer_spec.
  const std::string bytes =
      Builder()
          .raw(Builder::bytes(1, Builder::bytes(1, "x") + Builder::number(99, 5)))
          .trainer("")
          .raw(Builder::number(200, 1))
          .raw(Builder::varint(201 << 3 | 1) + std::string(8, '\1'))
          .build();
  const auto model = value_or_throw(read_sentencepiece_proto(bytes));
  EXPECT_EQ(model.pieces[0].type, PieceType::kNormal);
  EXPECT_EQ(model.pieces[0].score, 0);
  EXPECT_EQ(model.model_type, SentencePieceProto::ModelType::kUnigram);
  EXPECT_FALSE(model.byte_fallback);
  EXPECT_TRUE(model.add_dummy_prefix && model.remove_extra_whitespaces && model.escape_whitespaces);
  EXPECT_EQ(model.bos_piece, "<s>");
}

TEST(SentencePieceProto, ReadsARealModel) {
  const std::string bytes =
      test_data::read(test_data::repository("tests/parity/tokenizers/unigram_nfkc.model"));
  const auto model = value_or_throw(read_sentencepiece_proto(bytes));
  EXPECT_EQ(model.text(model.pieces[0]), "<pad>");
  EXPECT_EQ(model.text(model.pieces[2]), "<unk>");
  EXPECT_EQ(model.pieces[2].type, PieceType::kUnknown);
  EXPECT_GT(model.precompiled_charsmap.size(), 200'000u);
}

TEST(SentencePieceProto, RejectsBrokenMessages) {
  EXPECT_EQ(error_of(""), "[text/sentencepiece] model: expected pieces, found none in 0 bytes");
  EXPECT_EQ(error_of("\x0A\x05"),
            "[text/sentencepiece] model: field at byte 2: expected 5 bytes, found 0");
  EXPECT_EQ(error_of(std::string("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11)),
            "[text/sentencepiece] model: field at byte 11: expected 18446744073709551615 bytes, "
            "found 0");
  EXPECT_EQ(error_of(std::string(11, '\xFF')),
            "[text/sentencepiece] model: expected the end of a number at byte 10");
  EXPECT_EQ(error_of("\x0B"),
            "[text/sentencepiece] model: expected wire type 0, 1, 2 or 5 at byte 0");
  EXPECT_EQ(error_of(std::string("\x02\x00", 2)),
            "[text/sentencepiece] model: expected a field number above 0 at byte 0");
  EXPECT_EQ(error_of("\x0D\x01\x02"),
            "[text/sentencepiece] model: field at byte 1: expected 4 bytes, found 2");
}

TEST(SentencePieceProto, AFieldEndsWithItsMessage) {
  // The text's length reaches into what follows the piece.
  const std::string bytes = Builder()
                                .raw(Builder::bytes(1,
                                                    "\x0A\x10"
                                                    "ab"))
                                .piece("x")
                                .build();
  EXPECT_EQ(error_of(bytes),
            "[text/sentencepiece] model: field at byte 4: expected 16 bytes, found 2");
}

TEST(SentencePieceProto, RejectsBadPieces) {
  EXPECT_EQ(error_of(Builder().piece("").build()),
            "[text/sentencepiece] piece 0: expected a text, found none");
  EXPECT_EQ(error_of(Builder().piece("a").piece("b", 0, 7).build()),
            "[text/sentencepiece] piece 1: expected a type of 1 to 6, found 7");
  EXPECT_EQ(error_of(Builder().piece("a", std::numeric_limits<float>::quiet_NaN()).build()),
            "[text/sentencepiece] piece 0: expected a score, found one that is not a number");
  EXPECT_EQ(error_of(Builder().piece(std::string(1025, 'a')).build()),
            "[text/sentencepiece] piece 0: expected at most 1024 bytes, found 1025");
  EXPECT_EQ(error_of(Builder().piece("a").trainer(Builder::number(3, 9)).build()),
            "[text/sentencepiece] trainer_spec: expected a model_type of 1 to 4, found 9");
}

TEST(SentencePieceProto, LimitsTheCountOfPieces) {
  std::string one = Builder().piece("a").build();
  std::string bytes;
  for (int i = 0; i < (1 << 19) + 1; ++i) {
    bytes += one;
  }
  EXPECT_EQ(error_of(bytes),
            "[text/sentencepiece] model: expected at most 524288 pieces, found more");
}

// Every cut of a model is refused or read, and never beyond its end.
TEST(SentencePieceProto, TakesAnyCut) {
  const std::string bytes =
      test_data::read(test_data::repository("tests/parity/tokenizers/bpe_symbols.model"));
  for (size_t size = 0; size < bytes.size(); size += 7) {
    const std::string cut = bytes.substr(0, size);  // its own memory: a sanitizer sees its end
    static_cast<void>(read_sentencepiece_proto(cut));
  }
}

}  // namespace
}  // namespace sextant::text
