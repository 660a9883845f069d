#include "sextant/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/peak_memory.h"

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

TEST(JsonParse, SaysWhatWasWrong) {
  EXPECT_THAT(parse_json("{\"a\" 1}", "t.json").error().message,
              HasSubstr("t.json: not JSON at byte 6: syntax error while parsing object"));
  EXPECT_THAT(parse_json("{\"a\xff\": 1}", "t.json").error().message,
              HasSubstr("invalid string: ill-formed UTF-8 byte"));
  EXPECT_THAT(parse_json("1" + std::string(999, '0'), "t.json").error().message,
              HasSubstr("number overflow parsing '1000"));
}

TEST(JsonParse, RefusesTokensOfManyMegabytes) {
  const size_t size = size_t{32} << 20;
  for (const std::string& text :
       {"[\"" + std::string(size, 'a'), "[" + std::string(size, '1') + "]"}) {
    bool refused = false;
    const auto peak = test_data::peak_memory([&] {
      const auto json = parse_json(text, "t.json");
      refused = !json && json.error().code == ErrorCode::kOutOfRange;
      if (!refused) {
        _exit(1);
      }
    });
    EXPECT_LE(peak.value_or(0), size_t{64} << 20);
  }
  const std::string quotes = "[\"" + std::string(100, '\\') + "\"]";
  EXPECT_TRUE(parse_json(quotes, "t.json", {.max_token_bytes = 102}));
  EXPECT_FALSE(parse_json(quotes, "t.json", {.max_token_bytes = 90}));
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

TEST(JsonStream, HandsOverTheNamedPartAndKeepsTheRest) {
  std::string seen;
  const JsonStream streams[] = {
      {.path = {"m", "vocab"},
       .each = [&seen](std::string_view key, const Json& value) -> Result<void> {
         seen += format("{}={};", key, value.dump());
         return {};
       }},
      {.path = {"m", "merges"},
       .each = [&seen](std::string_view key, const Json& value) -> Result<void> {
         seen += format("<{}>{};", key, value.dump());
         return {};
       }}};
  const auto json = parse_json(
      R"({"vocab": {"z": 1}, "m": {"vocab": {"a": 0, "b": {"c": [2]}}, "merges": ["x", ["y", "z"]],
          "k": {"vocab": [5]}}})",
      "t.json", {}, streams);
  ASSERT_TRUE(json) << json.error().describe();
  EXPECT_EQ(seen, R"(a=0;b={"c":[2]};<>"x";<>["y","z"];)");
  EXPECT_EQ(json->dump(), R"({"m":{"k":{"vocab":[5]},"merges":[],"vocab":{}},"vocab":{"z":1}})");
}

TEST(JsonStream, StreamedElementsDoNotUseUpTheMemoryBudget) {
  std::string many = R"({"v": [0)";
  for (int i = 0; i < 100000; ++i) {
    many += ",[0]";
  }
  many += "]}";
  int count = 0;
  const JsonStream streams[] = {{.path = {"v"}, .each = [&](std::string_view, const Json&) {
                                   ++count;
                                   return Result<void>();
                                 }}};
  const JsonLimits tight{.base_memory = 1000};
  EXPECT_TRUE(parse_json(many, "t.json", tight, streams));
  EXPECT_EQ(count, 100001);
}

TEST(JsonStream, StopsAtTheErrorOfAStream) {
  const JsonStream streams[] = {{.path = {"v"}, .each = [](std::string_view key, const Json&) {
                                   return Result<void>(fail(ErrorCode::kUnsupported, "no {}", key));
                                 }}};
  const auto json = parse_json(R"({"v": {"a": 1, "b": 2}})", "t.json", {}, streams);
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().message, "no a");
}

}  // namespace
}  // namespace sextant
