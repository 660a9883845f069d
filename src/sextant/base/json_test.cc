#include "sextant/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant {
namespace {

using ::testing::HasSubstr;

TEST(JsonParse, KeepsValuesOfEveryKind) {
  const auto json =
      parse_json(R"({"a": [1, -2, 2.5, true, null, "x", {"b": []}], "c": {}})", "t.json");
  ASSERT_TRUE(json) << json.error().describe();
  EXPECT_EQ(json->dump(), R"({"a":[1,-2,2.5,true,null,"x",{"b":[]}],"c":{}})");
}

TEST(JsonParse, RefusesDuplicateKeys) {
  const auto json = parse_json(R"({"a": 1, "b": {"a": 2}, "a": 3})", "t.json");
  ASSERT_FALSE(json);
  EXPECT_THAT(json.error().message, HasSubstr("t.json: expected each key once, found \"a\" twice"));
}

TEST(JsonParse, NamesThePlaceOfASyntaxError) {
  using std::string_view_literals::operator""sv;
  for (const auto text :
       {"{\"a\": }"sv, ""sv, "[1"sv, "{} {}"sv, "\"\xff\""sv, "nul"sv, "{}\0 []"sv}) {
    const auto json = parse_json(text, "t.json");
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code, ErrorCode::kDataLoss);
    EXPECT_THAT(json.error().message, HasSubstr("not JSON at byte"));
  }
}

TEST(JsonParse, RefusesDepthBeyondTheLimit) {
  const std::string deep(100000, '[');
  const auto json = parse_json(deep, "t.json");
  ASSERT_FALSE(json);
  EXPECT_THAT(json.error().message, HasSubstr("expected a depth of at most 64"));
}

TEST(JsonParse, RefusesMoreValuesThanTheMemoryBudget) {
  std::string many = "[0";
  for (int i = 0; i < 100000; ++i) {
    many += ",0";
  }
  many += "]";
  EXPECT_TRUE(parse_json(many, "t.json"));
  const auto json = parse_json(many, "t.json", {.base_memory = 1000});
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code, ErrorCode::kOutOfRange);
  EXPECT_FALSE(parse_json(many, "t.json", {.max_bytes = 1000}));
}

}  // namespace
}  // namespace sextant
