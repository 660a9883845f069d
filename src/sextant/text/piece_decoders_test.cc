#include "sextant/text/piece_decoders.h"

#include <gtest/gtest.h>

namespace sextant::text {
namespace {

std::string decoded(const Decoder& decoder, std::string token, bool first = false) {
  decoder.apply(token, first);
  return token;
}

TEST(PieceDecoders, SentencePieceStripsOneSpaceBeforeTheText) {
  const SentencePieceDecoder decoder(true);
  EXPECT_EQ(decoded(decoder, "\u2581\u2581a", true), " a");
  EXPECT_EQ(decoded(decoder, "\u2581a\u2581b"), " a b");
  EXPECT_EQ(decoded(decoder, "<0x0A>"), "\n");
  EXPECT_EQ(decoded(decoder, "<0x-1>"), "<0x-1>");
  EXPECT_EQ(decoded(SentencePieceDecoder(false), "\u2581a", true), " a");
}

TEST(PieceDecoders, MetaspaceStripsAllMarksOfTheFirstToken) {
  const MetaspaceDecoder decoder("\u2581", true);
  EXPECT_EQ(decoded(decoder, "\u2581\u2581a\u2581b", true), "ab");
  EXPECT_EQ(decoded(decoder, "\u2581a\u2581b"), " a b");
  EXPECT_EQ(decoded(MetaspaceDecoder("_", false), "_a", true), " a");
}

TEST(PieceDecoders, StripTakesSoManyCharactersAway) {
  const StripDecoder each({.character = " ", .at_start = 1, .at_end = 2});
  EXPECT_EQ(decoded(each, "  a   "), " a ");
  const StripDecoder text({.character = " ", .at_start = 1, .text_only = true});
  EXPECT_EQ(decoded(text, "  a "), "  a ");
  EXPECT_EQ(decoded(text, "  a ", true), " a ");
}

TEST(PieceDecoders, ReplaceAndByteFallback) {
  const ReplaceDecoder decoder(Replace(value_or_throw(Regex::literal("\u2581")), " "));
  EXPECT_EQ(decoded(decoder, "\u2581a\u2581"), " a ");
  EXPECT_EQ(decoded(ByteFallbackDecoder(), "<0xC3>"), "\xC3");
  EXPECT_EQ(decoded(ByteFallbackDecoder(), "a"), "a");
  EXPECT_EQ(decoded(FuseDecoder(), "a"), "a");
}

TEST(PieceDecoders, WordPieceJoinsMiddles) {
  const WordPieceDecoder decoder("##", true);
  EXPECT_EQ(decoded(decoder, "un", true), "un");
  EXPECT_EQ(decoded(decoder, "##aff"), "aff");
  EXPECT_EQ(decoded(decoder, "able"), " able");
  EXPECT_EQ(decoded(decoder, "##", true), "##");
  EXPECT_EQ(decoded(decoder, ","), ",");
  EXPECT_EQ(decoded(decoder, "n't"), "n't");
  EXPECT_EQ(decoded(WordPieceDecoder("##", false), ","), " ,");
}

TEST(PieceDecoders, SuffixBecomesASpace) {
  EXPECT_EQ(decoded(SuffixDecoder("</w>"), "cat</w>"), "cat ");
  EXPECT_EQ(decoded(SuffixDecoder("</w>"), "cat"), "cat");
  EXPECT_EQ(decoded(SuffixDecoder(""), "cat"), "cat");
}

}  // namespace
}  // namespace sextant::text
