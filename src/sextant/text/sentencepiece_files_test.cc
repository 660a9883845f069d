// What files of the SentencePiece kind may hold, must not hold, and cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "sextant/base/utf8.h"
#include "sextant/text/sentencepiece_proto.h"
#include "sextant/text/tokenizer.h"
#include "support/peak_memory.h"
#include "support/sentencepiece_builder.h"
#include "support/test_data.h"
#include "support/tokenizer_cases.h"

namespace sextant::text {
namespace {

using Builder = test_data::SentencePieceBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Ids = std::vector<int32_t>;

Tokenizer load(const std::string& bytes) {
  return value_or_throw(Tokenizer::from_sentencepiece(bytes));
}

std::string error_of(const Result<Tokenizer>& tokenizer) {
  return tokenizer ? "" : tokenizer.error().message;
}

Builder small_model() {
  return Builder()
      .piece("<unk>", 0, 2)
      .piece("<s>", 0, 3)
      .piece("</s>", 0, 3)
      .piece("\u2581", -3)
      .piece("a", -4)
      .piece("b", -5)
      .piece("\u2581a", -1)
      .piece("ab", -2);
}

std::string small_bpe() { return small_model().trainer(Builder::number(3, 2)).build(); }

TEST(SentencePieceFile, KnowsItsSpecialPieces) {
  const Tokenizer tokenizer = load(small_bpe());
  EXPECT_EQ(tokenizer.bos(), 1);
  EXPECT_EQ(tokenizer.eos(), 2);
  EXPECT_EQ(tokenizer.unknown(), 0);
  EXPECT_TRUE(tokenizer.is_special(1));
  EXPECT_FALSE(tokenizer.is_special(4));
  EXPECT_EQ(tokenizer.vocab_size(), 8);
  EXPECT_EQ(tokenizer.piece(6), "\u2581a");
  EXPECT_EQ(tokenizer.id_of("ab"), 7);
  EXPECT_EQ(tokenizer.id_of("zz"), std::nullopt);
  EXPECT_EQ(tokenizer.piece(8), "");
  EXPECT_EQ(tokenizer.piece(-1), "");
}

TEST(SentencePieceFile, AddsTheBeginTokenWhereThereIsOne) {
  EXPECT_THAT(load(small_bpe()).encode("a", {.add_special = true}), ElementsAre(1, 6));
}

TEST(SentencePieceFile, AddsTheEndTokenWhereThereIsNoBegin) {
  const std::string t5 = Builder()
                             .piece("<pad>", 0, 3)
                             .piece("</s>", 0, 3)
                             .piece("<unk>", 0, 2)
                             .piece("\u2581a")
                             .build();
  const Tokenizer tokenizer = load(t5);
  EXPECT_EQ(tokenizer.bos(), std::nullopt);
  EXPECT_EQ(tokenizer.eos(), 1);
  EXPECT_THAT(tokenizer.encode("a", {.add_special = true}), ElementsAre(3, 1));
}

TEST(SentencePieceFile, NamesOfBeginAndEndComeFromTheFile) {
  const std::string bytes = small_model()
                                .piece("[GO]", 0, 3)
                                .piece("[STOP]", 0, 3)
                                .trainer(Builder::bytes(46, "[GO]") + Builder::bytes(47, "[STOP]"))
                                .build();
  EXPECT_EQ(load(bytes).bos(), 8);
  EXPECT_EQ(load(bytes).eos(), 9);
}

TEST(SentencePieceFile, ControlPiecesAreTextUnlessAskedFor) {
  const Tokenizer tokenizer = load(small_bpe());
  EXPECT_THAT(tokenizer.encode("<s>a", {}), ElementsAre(3, 0, 4));
  EXPECT_THAT(tokenizer.encode("<s>a</s>", {.parse_special = true}), ElementsAre(1, 6, 2));
  EXPECT_THAT(tokenizer.encode("a<s>a", {.parse_special = true}), ElementsAre(6, 1, 6));
}

TEST(SentencePieceFile, DecodesToTheNormalisedText) {
  const Tokenizer tokenizer = load(small_bpe());
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("  ab  a b", {})), "ab a b");
  EXPECT_EQ(tokenizer.decode(Ids{1, 6, 2}), "a");
  EXPECT_EQ(tokenizer.decode(Ids{1, 6, 2}, true), "<s> a</s>");
  EXPECT_EQ(tokenizer.decode(Ids{-1, 99, 6}), "a");
  EXPECT_EQ(tokenizer.decode(Ids{}), "");
  EXPECT_EQ(tokenizer.token_bytes(6), " a");
  EXPECT_EQ(tokenizer.token_bytes(1), "");
}

// Of real text nothing but runs of spaces and the ends is lost.
TEST(SentencePieceFile, TextSurvivesWhereBytesFallBack) {
  const Tokenizer tokenizer =
      load(test_data::read(test_data::repository("tests/parity/tokenizers/unigram_suffix.model")));
  for (const std::string& text : test_data::tokenizer_texts()) {
    if (text.find("\u2581") == std::string::npos) {  // it cannot be told from a space
      EXPECT_EQ(tokenizer.decode(tokenizer.encode(text, {})), text + (text.empty() ? "" : " "));
    }
  }
}

TEST(SentencePieceFile, BytesThatAreNotTextBecomeReplacements) {
  const std::string bytes = Builder()
                                .piece("<unk>", 0, 2)
                                .all_bytes()
                                .piece("\u2581", -1)
                                .trainer(Builder::number(3, 2) + Builder::number(35, 1))
                                .build();
  // U+FFFD for each of two bytes, itself in bytes: what the library gives.
  EXPECT_THAT(load(bytes).encode("\xFF\xFE", {}),
              ElementsAre(257, 1 + 0xEF, 1 + 0xBF, 1 + 0xBD, 1 + 0xEF, 1 + 0xBF, 1 + 0xBD));
  EXPECT_THAT(load(bytes).encode("", {.add_special = true}), IsEmpty());
}

TEST(SentencePieceFile, StreamsOfTokenBytesJoinToTheText) {
  const Tokenizer tokenizer =
      load(test_data::read(test_data::repository("tests/parity/tokenizers/bpe_symbols.model")));
  const std::string text = "na\u00EFve \U0001F999 \u4E16";
  Utf8Stream stream;
  std::string joined;
  for (const int32_t id : tokenizer.encode(text, {})) {
    joined += stream.push(tokenizer.token_bytes(id));
    EXPECT_TRUE(is_valid_utf8(joined));
  }
  EXPECT_EQ(joined + stream.finish(), " " + text);
}

TEST(SentencePieceFile, RefusesOtherModels) {
  EXPECT_EQ(
      error_of(Tokenizer::from_sentencepiece(small_model().trainer(Builder::number(3, 3)).build())),
      "[text/sentencepiece] model_type: expected unigram or bpe, found word");
  EXPECT_EQ(
      error_of(Tokenizer::from_sentencepiece(small_model().trainer(Builder::number(3, 4)).build())),
      "[text/sentencepiece] model_type: expected unigram or bpe, found char");
}

TEST(SentencePieceFile, RefusesWhatTheLibraryRefuses) {
  const std::string bpe = Builder::number(3, 2);
  const auto error = [](const Builder& builder) {
    return error_of(Tokenizer::from_sentencepiece(builder.build()));
  };
  EXPECT_EQ(error(small_model().piece("ab").trainer(bpe)),
            "[text/sentencepiece] model: expected each piece once, found \"ab\" as 7 and 8");
  EXPECT_EQ(error(small_model().piece("ab")),
            "[text/sentencepiece] model: expected each piece once, found \"ab\" twice");
  EXPECT_EQ(error(Builder().piece("a")),
            "[text/sentencepiece] model: expected an unknown piece, found none in 1");
  EXPECT_EQ(error(small_model().trainer(bpe + Builder::number(35, 1))),
            "[text/sentencepiece] model: expected a piece for each byte, found none for 0");
  EXPECT_EQ(
      error(small_model().piece("<0x-1>", 0, 6)),
      "[text/sentencepiece] model: byte piece 8: expected <0x00> to <0xFF>, found \"<0x-1>\"");
  EXPECT_EQ(error(small_model().normalizer(Builder::bytes(2, "\xFF\xFF\xFF\xFFxxxx"))),
            "[text/charsmap] trie: expected a multiple of 4 bytes that fits 8, found 4294967295");
}

// A file of the smallest possible pieces, all different, costs most for its size.
TEST(SentencePieceFile, HostileFilesCostLittleMemory) {
  for (const uint64_t type : {1u, 2u}) {
    Builder builder;
    builder.piece("<unk>", 0, 2).trainer(Builder::number(3, type));
    std::string text(3, '\0');
    for (uint32_t i = 0; i < 400'000; ++i) {
      text[0] = static_cast<char>(i);
      text[1] = static_cast<char>(i >> 8);
      text[2] = static_cast<char>(i >> 16 | 0x80);
      builder.raw(Builder::bytes(1, Builder::bytes(1, text)));
    }
    const std::string bytes = builder.build();
    const auto peak =
        test_data::peak_memory([&] { static_cast<void>(Tokenizer::from_sentencepiece(bytes)); });
    ASSERT_TRUE(peak);
    EXPECT_LE(*peak, (size_t{64} << 20) + 4 * bytes.size()) << type;
  }
}

// --- llama2.c ---------------------------------------------------------------------------------

class Llama2cBuilder {
 public:
  Llama2cBuilder() {
    piece("<unk>").piece("\n<s>\n").piece("\n</s>\n");
    for (int byte = 0; byte < 256; ++byte) {
      piece(format("<0x{:02X}>", byte));
    }
  }
  Llama2cBuilder& piece(std::string_view text, float score = 0) {
    const auto size = static_cast<uint32_t>(text.size());
    out_.append(reinterpret_cast<const char*>(&score), 4);
    out_.append(reinterpret_cast<const char*>(&size), 4);
    out_.append(text);
    return *this;
  }
  const std::string& build() const { return out_; }

 private:
  std::string out_ = std::string(4, '\0');
};

TEST(Llama2cFile, KeepsEveryByte) {
  const Tokenizer tokenizer = value_or_throw(
      Tokenizer::from_llama2c_vocab(Llama2cBuilder().piece(" ", -1).piece("a", -2).build()));
  EXPECT_THAT(tokenizer.encode("a\xFF\u00E9", {.add_special = true}),
              ElementsAre(1, 259, 260, 3 + 0xFF, 3 + 0xC3, 3 + 0xA9));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a \xFF", {})), "a \xFF");
  EXPECT_EQ(tokenizer.eos(), 2);
  EXPECT_EQ(tokenizer.piece(1), "<s>");
  EXPECT_THAT(tokenizer.encode("<s>", {.parse_special = true}), ElementsAre(1));
  EXPECT_THAT(tokenizer.encode("", {}), IsEmpty());
}

TEST(Llama2cFile, RefusesBrokenFiles) {
  const auto error = [](const std::string& bytes) {
    return error_of(Tokenizer::from_llama2c_vocab(bytes));
  };
  EXPECT_EQ(error("abc"), "[text/llama2c] file: expected a length of 4 bytes, found 3");
  EXPECT_EQ(error("abcd"), "[text/llama2c] file: expected at least 259 pieces, found 0");
  const std::string whole = Llama2cBuilder().piece("a").build();
  EXPECT_THAT(error(whole.substr(0, whole.size() - 1)), HasSubstr("piece 259: expected a score"));
  EXPECT_THAT(error(whole + std::string("\0\0\0\0\xFF\xFF\xFF\xFF", 8)), HasSubstr("piece 260"));
  EXPECT_THAT(error(Llama2cBuilder().piece("a", std::numeric_limits<float>::quiet_NaN()).build()),
              HasSubstr("piece 259: expected a score"));
  std::string wrong = whole;
  wrong.replace(wrong.find("<0x41>"), 6, "<0x-1>");
  EXPECT_EQ(error(wrong), "[text/llama2c] piece 68: expected byte 65, found \"<0x-1>\"");
}

// --- GGUF -------------------------------------------------------------------------------------

// The vocabulary that a converter would write of a model.
GgufVocabulary gguf_of(const SentencePieceProto& proto, std::string model) {
  GgufVocabulary vocabulary;
  vocabulary.model = std::move(model);
  for (size_t i = 0; i < proto.pieces.size(); ++i) {
    vocabulary.tokens.emplace_back(proto.text(proto.pieces[i]));
    vocabulary.scores.push_back(proto.pieces[i].score);
    vocabulary.types.push_back(static_cast<int32_t>(proto.pieces[i].type));
    if (proto.pieces[i].type == SentencePieceProto::PieceType::kUnknown) {
      vocabulary.unknown = static_cast<int32_t>(i);
    }
  }
  vocabulary.precompiled_charsmap.assign(proto.precompiled_charsmap.begin(),
                                         proto.precompiled_charsmap.end());
  return vocabulary;
}

TEST(GgufSentencePiece, UnigramEqualsTheModelFile) {
  const std::string bytes =
      test_data::read(test_data::repository("tests/parity/tokenizers/unigram_nfkc.model"));
  GgufVocabulary vocabulary = gguf_of(value_or_throw(read_sentencepiece_proto(bytes)), "t5");
  vocabulary.eos = 1;
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_gguf(std::move(vocabulary)));
  EXPECT_EQ(
      test_data::tokenizer_differences(tokenizer, test_data::tokenizer_cases("unigram_nfkc"), {}),
      "");
  EXPECT_EQ(tokenizer.kind(), "SentencePiece unigram");
  const Ids ids = tokenizer.encode("a", {.add_special = true});
  EXPECT_EQ(ids.back(), 1);
}

TEST(GgufSentencePiece, LlamaEqualsTheModelFile) {
  const auto path = test_data::shared("data/tokenizers/llama2.tokenizer.model");
  if (!path) {
    GTEST_SKIP() << "no data/tokenizers/llama2.tokenizer.model";
  }
  const std::string bytes = test_data::read(*path);
  GgufVocabulary vocabulary = gguf_of(value_or_throw(read_sentencepiece_proto(bytes)), "llama");
  vocabulary.bos = 1;
  vocabulary.eos = 2;
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_gguf(std::move(vocabulary)));
  EXPECT_EQ(test_data::tokenizer_differences(tokenizer, test_data::tokenizer_cases("llama2"), {}),
            "");
  EXPECT_THAT(tokenizer.encode("Hello", {.add_special = true}), ElementsAre(1, 15043));
}

TEST(GgufSentencePiece, SettingsOfTheFileCount) {
  const auto proto = small_bpe();
  GgufVocabulary vocabulary = gguf_of(value_or_throw(read_sentencepiece_proto(proto)), "llama");
  vocabulary.add_space_prefix = false;
  vocabulary.add_bos = false;
  vocabulary.add_eos = true;
  vocabulary.bos = 1;
  vocabulary.eos = 2;
  const Tokenizer plain = value_or_throw(Tokenizer::from_gguf(vocabulary));
  EXPECT_THAT(plain.encode("a  b", {.add_special = true}), ElementsAre(4, 3, 3, 5, 2));
  vocabulary.remove_extra_whitespaces = true;
  const Tokenizer trimmed = value_or_throw(Tokenizer::from_gguf(vocabulary));
  EXPECT_THAT(trimmed.encode("a  b", {}), ElementsAre(4, 3, 5));
}

TEST(GgufSentencePiece, UserDefinedTokensAreCutOutFirst) {
  GgufVocabulary vocabulary = gguf_of(
      value_or_throw(read_sentencepiece_proto(small_model().piece("<br>", 0, 4).build())), "llama");
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_gguf(std::move(vocabulary)));
  EXPECT_THAT(tokenizer.encode("a<br>a", {}), ElementsAre(6, 8, 6));
  EXPECT_EQ(tokenizer.decode(Ids{6, 8}), "a<br>");
}

TEST(GgufSentencePiece, RefusesListsThatDisagree) {
  const GgufVocabulary good =
      gguf_of(value_or_throw(read_sentencepiece_proto(small_bpe())), "llama");
  GgufVocabulary vocabulary = good;
  vocabulary.scores.pop_back();
  EXPECT_EQ(error_of(Tokenizer::from_gguf(vocabulary)), "[text/gguf] scores: expected 8, found 7");
  vocabulary = good;
  vocabulary.types[3] = 7;
  EXPECT_EQ(error_of(Tokenizer::from_gguf(vocabulary)),
            "[text/gguf] token 3: expected a type of 1 to 6, found 7");
  vocabulary = good;
  vocabulary.scores[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(error_of(Tokenizer::from_gguf(vocabulary)),
            "[text/gguf] token 2: expected a score, found NaN");
  vocabulary = good;
  vocabulary.unknown = 99;
  EXPECT_THAT(error_of(Tokenizer::from_gguf(vocabulary)), HasSubstr("expected an unknown piece"));
  vocabulary = good;
  vocabulary.eos = 99;
  EXPECT_THAT(error_of(Tokenizer::from_gguf(vocabulary)), HasSubstr("found 99"));
  vocabulary = good;
  vocabulary.precompiled_charsmap = {1, 2, 3};
  EXPECT_THAT(error_of(Tokenizer::from_gguf(vocabulary)), HasSubstr("[text/charsmap] trie"));
}

}  // namespace
}  // namespace sextant::text
