// Whole tokenizers from SentencePiece models, GGUF vocabularies and llama2.c's file, against the
// ids of the reference libraries.
#include "sextant/text/sentencepiece.h"

#include <gtest/gtest.h>

#include "sextant/text/tokenizer.h"
#include "support/test_data.h"
#include "support/tokenizer_cases.h"

namespace sextant::text {
namespace {

using test_data::tokenizer_cases;
using test_data::tokenizer_differences;

Tokenizer committed(const std::string& name) {
  return value_or_throw(Tokenizer::from_sentencepiece(
      test_data::read(test_data::repository("tests/parity/tokenizers/" + name + ".model"))));
}

TEST(SentencePiece, UnigramWithCharsmapEqualsTheLibrary) {
  const Tokenizer tokenizer = committed("unigram_nfkc");
  EXPECT_EQ(tokenizer.kind(), "SentencePiece unigram");
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("unigram_nfkc"), {}), "");
}

TEST(SentencePiece, UnigramWithSpacesAsSuffixEqualsTheLibrary) {
  EXPECT_EQ(
      tokenizer_differences(committed("unigram_suffix"), tokenizer_cases("unigram_suffix"), {}),
      "");
}

TEST(SentencePiece, BpeWithSymbolsAndUnusedPiecesEqualsTheLibrary) {
  const Tokenizer tokenizer = committed("bpe_symbols");
  EXPECT_EQ(tokenizer.kind(), "SentencePiece BPE");
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("bpe_symbols"), {}), "");
}

TEST(SentencePiece, Llama2EqualsTheLibrary) {
  const auto path = test_data::shared("data/tokenizers/llama2.tokenizer.model");
  if (!path) {
    GTEST_SKIP() << "no data/tokenizers/llama2.tokenizer.model";
  }
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_sentencepiece(test_data::read(*path)));
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("llama2"), {}), "");
  EXPECT_EQ(tokenizer_differences(
                tokenizer, test_data::tokenizer_vectors(path->parent_path(), "llama-spm"), {}),
            "");
}

TEST(SentencePiece, Stories260kEqualsLlama2c) {
  const auto path = test_data::shared("data/lm-stories260k/tok512.bin");
  if (!path) {
    GTEST_SKIP() << "no data/lm-stories260k/tok512.bin";
  }
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_llama2c_vocab(test_data::read(*path)));
  EXPECT_EQ(tokenizer_differences(tokenizer, tokenizer_cases("stories260k"), {}), "");
}

}  // namespace
}  // namespace sextant::text
