#include "sextant/text/bert.h"

#include <gtest/gtest.h>

#include "sextant/text/tokenizer.h"

namespace sextant::text {
namespace {

std::string after(const Normalizer& normalizer, std::string text) {
  normalizer.apply(text);
  return text;
}

std::string normalized(const BertOptions& options, std::string text) {
  TokenizerParts parts;
  add_bert_normalizers(options, parts);
  normalize(parts.normalizers, text);
  return text;
}

TEST(Bert, CleansControlCharactersAndSpaces) {
  const BertCleaner cleaner(true, false);
  EXPECT_EQ(after(cleaner, std::string("a\0b\x01 \t\n\r\u00A0\u3000c\uFFFD\u200B", 20)),
            "ab      c");
  EXPECT_EQ(after(cleaner, "\u4E2D"), "\u4E2D");
}

TEST(Bert, PutsSpacesAroundIdeographs) {
  const BertCleaner cleaner(false, true);
  EXPECT_EQ(after(cleaner, "a\u4E2D\u6587b\t"), "a \u4E2D  \u6587 b\t");
  EXPECT_EQ(after(cleaner, "\u3042\uAC00"), "\u3042\uAC00");  // kana and Hangul stay
}

TEST(Bert, StripsAccentsAndCase) {
  EXPECT_EQ(normalized({}, "\u00C5ngstr\u00F6m \u0130"), "angstrom i");
  EXPECT_EQ(normalized({.strip_accents = false}, "\u00C5"), "\u00E5");
  EXPECT_EQ(normalized({.lowercase = false}, "\u00C5b"), "Ab");
  EXPECT_EQ(normalized({false, false, false, false}, "\u00C5\x01"), "\u00C5\x01");
}

GgufVocabulary tiny() {
  GgufVocabulary vocabulary;
  vocabulary.model = "bert";
  vocabulary.tokens = {"[UNK]", "[CLS]", "[SEP]", "\u2581un", "able", "\u2581,"};
  vocabulary.types = {2, 3, 3, 1, 1, 1};
  return vocabulary;
}

TEST(Bert, ReadsAGgufVocabulary) {
  const Tokenizer tokenizer = value_or_throw(Tokenizer::from_gguf(tiny()));
  using Ids = std::vector<int32_t>;
  EXPECT_EQ(tokenizer.encode("Unable, un x", {}), (Ids{3, 4, 5, 3, 0}));
  EXPECT_EQ(tokenizer.encode("un", {.add_special = true}), (Ids{1, 3, 2}));
  EXPECT_EQ(tokenizer.encode("[SEP]un", {.parse_special = true}), (Ids{2, 3}));
  EXPECT_EQ(tokenizer.decode(Ids{1, 3, 4, 5, 2}), "unable ,");
  EXPECT_EQ(tokenizer.unknown(), 0);
}

}  // namespace
}  // namespace sextant::text
