#include "sextant/text/sentencepiece_normalizer.h"

#include <gtest/gtest.h>

namespace sextant::text {
namespace {

using Options = SentencePieceNormalizer::Options;

std::string normalized(const Options& options, std::string text,
                       std::vector<ByteTrie::Entry> symbols = {}) {
  SentencePieceNormalizer(options, {}, value_or_throw(ByteTrie::build(symbols, "test")))
      .apply(text);
  return text;
}

TEST(SentencePieceNormalizer, RemovesExtraSpaces) {
  EXPECT_EQ(normalized({}, "  a   b "), "\u2581a\u2581b");
  EXPECT_EQ(normalized({}, "   "), "");
  EXPECT_EQ(normalized({}, ""), "");
  EXPECT_EQ(normalized({.add_dummy_prefix = false}, " a b"), "a\u2581b");
}

TEST(SentencePieceNormalizer, KeepsSpacesWhereAsked) {
  const Options options{.remove_extra_whitespaces = false};
  EXPECT_EQ(normalized(options, "  a "), "\u2581\u2581\u2581a\u2581");
  EXPECT_EQ(normalized(options, " "), "\u2581\u2581");
  EXPECT_EQ(normalized({.remove_extra_whitespaces = false, .escape_whitespaces = false}, " a"),
            "  a");
}

TEST(SentencePieceNormalizer, PutsTheSpaceBehindWhereAsked) {
  EXPECT_EQ(normalized({.whitespace_as_suffix = true}, " a b "), "a\u2581b\u2581");
}

TEST(SentencePieceNormalizer, TreatsBadBytesAsAsked) {
  EXPECT_EQ(normalized({}, "a\xFF\xE2\x82"), "\u2581a\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(normalized({.keep_invalid = true}, "a\xFF"), "\u2581a\xFF");
}

TEST(SentencePieceNormalizer, LeavesUserDefinedSymbolsAlone) {
  EXPECT_EQ(normalized({}, "x  y", {{"  ", 1}}), "\u2581x\u2581\u2581y");
  EXPECT_EQ(normalized({}, "x   y", {{"  ", 1}}), "\u2581x\u2581\u2581y");
  EXPECT_EQ(normalized({.remove_extra_whitespaces = false}, "\xFF!", {{"\xFF", 1}}), "\u2581\xFF!");
}

}  // namespace
}  // namespace sextant::text
