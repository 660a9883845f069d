#include "sextant/base/toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto document = parse_toml(text, "x.toml");
  return document ? "no error" : document.error().message;
}

TEST(Toml, BecomesJson) {
  const auto document = parse_toml(
      "steps = 10\nrate = 1e-3\non = true\n[model]\nform = 'gpt2'\nsizes = [1, 2]\n"
      "[[groups]]\npattern = '*.bias'\n[[groups]]\nday = 2026-11-25\n",
      "x.toml");
  EXPECT_EQ(value_or_throw(document), Json::parse(R"({"steps": 10, "rate": 0.001, "on": true,
                            "model": {"form": "gpt2", "sizes": [1, 2]},
                            "groups": [{"pattern": "*.bias"}, {"day": "2026-11-25"}]})"));
}

TEST(Toml, ErrorsTellLineAndColumn) {
  EXPECT_THAT(error_of("a = 1\nb = [1,\nc"), HasSubstr("[base/toml] x.toml: line 3, column 1: "));
  EXPECT_THAT(error_of("a = 1\na = 2"), HasSubstr("x.toml: line 2"));
  EXPECT_EQ(error_of("\n\na = inf"),
            "[base/toml] x.toml: expected finite numbers, found one at line 3");
}

TEST(Toml, HasLimits) {
  EXPECT_EQ(error_of(std::string(kTomlMaxBytes + 1, '#')),
            "[base/toml] x.toml: expected at most 1048576 bytes, found 1048577");
  EXPECT_EQ(error_of("a = " + std::string(100'000, '[')),
            "[base/toml] x.toml: brackets nest too deep");
  EXPECT_EQ(error_of("a = " + std::string(30, '[') + std::string(30, ']')),
            "[base/toml] x.toml: expected at most 16 levels of tables");
  std::string dotted = "a";
  for (int i = 0; i < 20; ++i) {
    dotted += ".a";
  }
  EXPECT_EQ(error_of(dotted + " = 1"), "[base/toml] x.toml: expected at most 16 levels of tables");
}

TEST(Toml, SingleValuesNeedNoQuotes) {
  EXPECT_EQ(parse_toml_value("3"), Json(3));
  EXPECT_EQ(parse_toml_value("1e-3"), Json(1e-3));
  EXPECT_EQ(parse_toml_value("true"), Json(true));
  EXPECT_EQ(parse_toml_value("\"a b\""), Json("a b"));
  EXPECT_EQ(parse_toml_value("[1, 2]"), Json({1, 2}));
  EXPECT_EQ(parse_toml_value("gpt2"), Json("gpt2"));
  EXPECT_EQ(parse_toml_value("runs/a b.txt"), Json("runs/a b.txt"));
  EXPECT_EQ(parse_toml_value("1\nother = 2"), Json("1\nother = 2"));
  EXPECT_EQ(parse_toml_value(""), Json(""));
}

TEST(Toml, WritesWhatItReads) {
  const OrderedJson object = {{"steps", 10},
                              {"rate", 0.001},
                              {"none", nullptr},
                              {"model", {{"form", "a \"b\"\n\u00e9"}, {"a key", {1, 2.5}}}},
                              {"groups", {{{"pattern", "*"}}, {{"decay", 0.0}}}}};
  const std::string text = write_toml(object);
  EXPECT_EQ(text,
            "steps = 10\nrate = 0.001\n\n[model]\nform = \"a \\\"b\\\"\\n\u00e9\"\n"
            "\"a key\" = [1, 2.5]\n\n[[groups]]\npattern = \"*\"\n\n[[groups]]\ndecay = 0.0\n");
  OrderedJson expected = object;
  expected.erase("none");
  EXPECT_EQ(value_or_throw(parse_toml(text, "x.toml")), Json(expected));
}

}  // namespace
}  // namespace sextant
