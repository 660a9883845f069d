#include "sextant/base/settings.h"

#include <gtest/gtest.h>

namespace sextant {
namespace {

struct Inner {
  std::string kind = "cosine";
  double rate = 0.5;
};

struct Group {
  std::string pattern;
  bool frozen = false;
};

struct Options {
  int64_t steps = 10;
  bool on = false;
  std::string name = "none";
  std::vector<double> betas = {0.9};
  std::vector<std::string> files;
  Json model = Json::object();
  Inner inner;
  std::vector<Group> groups = {{"*", false}};
};

void declare(Settings& s, Inner& inner) {
  s.choice("kind", inner.kind, {"cosine", "linear"});
  s.number("rate", inner.rate, 0, 1);
}

void declare(Settings& s, Group& group) {
  s.text("pattern", group.pattern);
  s.flag("frozen", group.frozen);
}

void declare(Settings& s, Options& o) {
  s.integer("steps", o.steps, 1, 100);
  s.flag("on", o.on);
  s.text("name", o.name);
  s.numbers("betas", o.betas);
  s.texts("files", o.files);
  s.raw("model", o.model);
  s.table("inner", o.inner, declare);
  s.tables("groups", o.groups, declare);
  s.require(!o.on || o.steps > 5, "more than 5 steps where it is on");
}

Result<OrderedJson> read(const char* json, Options& options) {
  return read_settings(Json::parse(json), "r.toml", options, declare);
}

std::string error_of(const char* json) {
  Options options;
  const auto result = read(json, options);
  return result ? "none" : result.error().message + "|" + result.error().hint;
}

TEST(Settings, AreReadIntoTheStruct) {
  Options o;
  const auto in_force = read(R"({"steps": 20, "on": true, "name": "x", "betas": [1, 0.5],
      "files": ["a"], "model": {"any": [1]}, "inner": {"rate": 1},
      "groups": [{"pattern": "a"}, {"pattern": "b", "frozen": true}]})",
                             o);
  ASSERT_TRUE(in_force) << in_force.error().message;
  EXPECT_EQ(o.steps, 20);
  EXPECT_TRUE(o.on);
  EXPECT_EQ(o.betas, (std::vector<double>{1, 0.5}));
  EXPECT_EQ(o.inner.kind, "cosine");
  EXPECT_EQ(o.inner.rate, 1);
  ASSERT_EQ(o.groups.size(), 2u);
  EXPECT_TRUE(o.groups[1].frozen);
  EXPECT_EQ(
      in_force->dump(),
      R"({"steps":20,"on":true,"name":"x","betas":[1.0,0.5],"files":["a"],"model":{"any":[1]},)"
      R"("inner":{"kind":"cosine","rate":1.0},"groups":[{"pattern":"a","frozen":false},)"
      R"({"pattern":"b","frozen":true}]})");
}

TEST(Settings, ThatAreAbsentKeepTheirDefaults) {
  Options o;
  EXPECT_EQ(value_or_throw(read("{}", o)).dump(),
            R"({"steps":10,"on":false,"name":"none","betas":[0.9],"files":[],"model":{},)"
            R"("inner":{"kind":"cosine","rate":0.5},"groups":[{"pattern":"*","frozen":false}]})");
}

TEST(Settings, RefuseWrongTypesAndRanges) {
  EXPECT_EQ(error_of(R"({"steps": "x"})"),
            "[base/settings] r.toml: steps: expected a whole number, found \"x\"|");
  EXPECT_EQ(error_of(R"({"steps": 18446744073709551615})"),
            "[base/settings] r.toml: steps: expected a whole number, found 18446744073709551615|");
  EXPECT_EQ(error_of(R"({"steps": 0})"),
            "[base/settings] r.toml: steps: expected a whole number from 1 to 100, found 0|");
  EXPECT_EQ(error_of(R"({"inner": {"rate": 1.5}})"),
            "[base/settings] r.toml: inner.rate: expected a number from 0 to 1, found 1.5|");
  EXPECT_EQ(error_of(R"({"inner": {"rate": "1"}})"),
            "[base/settings] r.toml: inner.rate: expected a number, found \"1\"|");
  EXPECT_EQ(error_of(R"({"inner": {"kind": "step"}})"),
            "[base/settings] r.toml: inner.kind: expected one of cosine, linear, found \"step\"|");
  EXPECT_EQ(error_of(R"({"inner": 3})"),
            "[base/settings] r.toml: inner: expected a table, found 3|");
  EXPECT_EQ(error_of(R"({"groups": [3]})"),
            "[base/settings] r.toml: groups: expected a list of tables, found [3]|");
  EXPECT_EQ(error_of(R"({"groups": [{"frozen": 1}]})"),
            "[base/settings] r.toml: groups[0].frozen: expected true or false, found 1|");
  EXPECT_EQ(error_of(R"({"name": 1})"), "[base/settings] r.toml: name: expected a text, found 1|");
  EXPECT_EQ(error_of(R"({"betas": ["a"]})"),
            "[base/settings] r.toml: betas: expected a list of numbers, found [\"a\"]|");
  EXPECT_EQ(error_of(R"({"files": "a"})"),
            "[base/settings] r.toml: files: expected a list of texts, found \"a\"|");
  EXPECT_EQ(error_of(R"({"on": true, "steps": 3})"),
            "[base/settings] r.toml: expected more than 5 steps where it is on|");
  EXPECT_EQ(error_of("[]"), "[base/settings] r.toml: expected a table, found array|");
}

TEST(Settings, RefuseUnknownKeysWithTheNearest) {
  EXPECT_EQ(error_of(R"({"step": 3})"),
            "[base/settings] r.toml: step: unknown key|did you mean steps?");
  EXPECT_EQ(error_of(R"({"inner": {"zzzzzz": 3}})"),
            "[base/settings] r.toml: inner.zzzzzz: unknown key|keys here: kind, rate");
  EXPECT_EQ(error_of(R"({"groups": [{"patern": "x"}]})"),
            "[base/settings] r.toml: groups[0].patern: unknown key|did you mean pattern?");
}

TEST(ApplySetting, SetsAPath) {
  Json document = Json::parse(R"({"a": {"b": 1}, "c": 2})");
  EXPECT_TRUE(apply_setting(document, "a.b=5"));
  EXPECT_TRUE(apply_setting(document, "x.y.z=text"));
  EXPECT_TRUE(apply_setting(document, "c=[1, 2]"));
  EXPECT_TRUE(apply_setting(document, "d=a=b"));
  EXPECT_EQ(document.dump(), R"({"a":{"b":5},"c":[1,2],"d":"a=b","x":{"y":{"z":"text"}}})");
  EXPECT_EQ(apply_setting(document, "a").error().message,
            "[base/settings] --set: expected key=value, found \"a\"");
  EXPECT_EQ(apply_setting(document, "d.e=1").error().message,
            "[base/settings] --set d.e: expected the path of a key, found one that leads nowhere");
  EXPECT_FALSE(apply_setting(document, "a..b=1"));
  EXPECT_FALSE(apply_setting(document, "=1"));
}

}  // namespace
}  // namespace sextant
