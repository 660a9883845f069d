#include "sextant/text/string_normalizers.h"

#include <gtest/gtest.h>

#include "sextant/base/utf8.h"
#include "sextant/text/unicode.h"

namespace sextant::text {
namespace {

std::string applied(const Normalizer& normalizer, std::string text) {
  normalizer.apply(text);
  return text;
}

std::string in_form(UnicodeForm form, std::string text) {
  return applied(UnicodeNormalizer(form), std::move(text));
}

TEST(UnicodeNormalizer, ComposesAndDecomposes) {
  EXPECT_EQ(in_form(UnicodeForm::kNfc, "cafe\u0301!"), "caf\u00E9!");
  EXPECT_EQ(in_form(UnicodeForm::kNfd, "caf\u00E9!"), "cafe\u0301!");
  EXPECT_EQ(in_form(UnicodeForm::kNfd, "\uD55C"), "\u1112\u1161\u11AB");
  EXPECT_EQ(in_form(UnicodeForm::kNfc, "\u1112\u1161\u11AB"), "\uD55C");
  EXPECT_EQ(in_form(UnicodeForm::kNfc, "\u212B"), "\u00C5");               // a singleton
  EXPECT_EQ(in_form(UnicodeForm::kNfc, "\u0958"), "\u0915\u093C");         // never composed
  EXPECT_EQ(in_form(UnicodeForm::kNfc, "a\u0301\u0323"), "\u1EA1\u0301");  // marks in order
}

TEST(UnicodeNormalizer, CompatibilityFormsReplaceLigaturesAndWidths) {
  EXPECT_EQ(in_form(UnicodeForm::kNfkc, "\uFB01\uFF21\u00B2\u2460"), "fiA21");
  EXPECT_EQ(in_form(UnicodeForm::kNfkd, "\uFB01\u1E9B\u0323"), "fis\u0323\u0307");
  EXPECT_EQ(in_form(UnicodeForm::kNfc, "\uFB01\uFF21"), "\uFB01\uFF21");
  // The longest expansion there is: 18 code points, many times over.
  std::string long_text;
  for (int i = 0; i < 1000; ++i) {
    long_text += "\uFDFA";
  }
  EXPECT_EQ(in_form(UnicodeForm::kNfkc, long_text).size(), 33'000u);
}

TEST(UnicodeNormalizer, LeavesAsciiAndBadBytesAlone) {
  for (const UnicodeForm form :
       {UnicodeForm::kNfc, UnicodeForm::kNfd, UnicodeForm::kNfkc, UnicodeForm::kNfkd}) {
    for (const std::string text : {"", "plain ~\x01", "\xFF", "a\xC3", "\xED\xA0\x80z"}) {
      EXPECT_EQ(in_form(form, text), text);
    }
  }
  // A bad byte separates a letter from its mark.
  EXPECT_EQ(in_form(UnicodeForm::kNfc, "e\xFF\u0301e\u0301"), "e\xFF\u0301\u00E9");
}

// For every character: a form of a form is the form, and composing undoes decomposing.
TEST(UnicodeNormalizer, FormsAreStable) {
  for (uint32_t code = 0x80; code < kCodePointEnd; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) {
      continue;
    }
    std::string text = "x";
    append_utf8(text, code);
    text += "\u0301";
    const std::string composed = in_form(UnicodeForm::kNfc, text);
    const std::string apart = in_form(UnicodeForm::kNfd, text);
    ASSERT_EQ(in_form(UnicodeForm::kNfc, composed), composed) << code;
    ASSERT_EQ(in_form(UnicodeForm::kNfd, apart), apart) << code;
    ASSERT_EQ(in_form(UnicodeForm::kNfc, apart), composed) << code;
    ASSERT_EQ(in_form(UnicodeForm::kNfd, composed), apart) << code;
  }
}

TEST(Lowercase, WorksCodePointByCodePoint) {
  EXPECT_EQ(applied(Lowercase(), "AbC \u00C0\u0416\u0130!"), "abc \u00E0\u0436i\u0307!");
  EXPECT_EQ(applied(Lowercase(), "\u039F\u03A3"), "\u03BF\u03C3");  // no final sigma
  EXPECT_EQ(applied(Lowercase(),
                    "A\xFF"
                    "B\xC3"),
            "a\xFF"
            "b\xC3");
}

TEST(Strip, TakesWhiteSpaceOfTheSidesItIsTold) {
  const std::string text = " \n\u3000a b\t\u00A0";
  EXPECT_EQ(applied(Strip(true, true), text), "a b");
  EXPECT_EQ(applied(Strip(true, false), text), "a b\t\u00A0");
  EXPECT_EQ(applied(Strip(false, true), text), " \n\u3000a b");
  EXPECT_EQ(applied(Strip(false, false), text), text);
  EXPECT_EQ(applied(Strip(true, true), " \t\u2003"), "");
  EXPECT_EQ(applied(Strip(true, true), "\xFF "), "\xFF");
}

TEST(StripAccents, RemovesMarksButDecomposesNothing) {
  EXPECT_EQ(applied(StripAccents(), "e\u0301\u00E9n\u0303\u0303"), "e\u00E9n");
  EXPECT_EQ(applied(StripAccents(), "\u0301"), "");
  EXPECT_EQ(applied(StripAccents(), "a\xCC"), "a\xCC");
}

TEST(Prepend, LeavesEmptyTextEmpty) {
  EXPECT_EQ(applied(Prepend("\u2581"), "a"),
            "\u2581"
            "a");
  EXPECT_EQ(applied(Prepend("\u2581"), ""), "");
}

TEST(Replace, PutsItsContentForEachMatch) {
  const Replace spaces(value_or_throw(Regex::compile("\\s+")), "_");
  EXPECT_EQ(applied(spaces, " a \n b"), "_a_b");
  EXPECT_EQ(applied(spaces, "ab"), "ab");
  const Replace literal(value_or_throw(Regex::literal("``")), "\"");
  EXPECT_EQ(applied(literal, "```a``"), "\"`a\"");
  const Replace nothing(value_or_throw(Regex::literal("a")), "");
  EXPECT_EQ(applied(nothing, "banana"), "bnn");
  // Content is text: no references to groups, and what it gives is not sought again.
  const Replace group(value_or_throw(Regex::compile("(a)")), "$1\\1aa");
  EXPECT_EQ(applied(group, "xa"), "x$1\\1aa");
  const Replace between(value_or_throw(Regex::compile("(?=b)")), "-");
  EXPECT_EQ(applied(between, "abb"), "a-b-b");
}

}  // namespace
}  // namespace sextant::text
