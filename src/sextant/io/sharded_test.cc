#include "sextant/io/sharded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <ctime>

#include "sextant/io/open_tensors.h"
#include "sextant/io/safetensors.h"
#include "support/peak_memory.h"
#include "support/temp_folder.h"

namespace sextant::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::array<float, 3> kValues = {1, 2, 3};

// A shard with one F32 tensor [3] of kValues for each name.
void write_shard(const std::filesystem::path& path, const std::vector<std::string>& names) {
  std::vector<NamedTensor> tensors;
  for (const std::string& name : names) {
    tensors.push_back({name, make_view<float>(kValues, DType::kF32, {3})});
  }
  const auto written = write_safetensors(path, tensors, {{"format", "pt"}});
  ASSERT_TRUE(written) << written.error().describe();
}

constexpr const char* kIndex = R"({
  "metadata": {"total_size": 36, "note": "x"},
  "weight_map": {"b": "two.safetensors", "a": "one.safetensors", "c": "two.safetensors"}})";

TEST(ShardIndex, SortsByFileAndName) {
  const auto index = parse_shard_index(kIndex, "t.json");
  ASSERT_TRUE(index) << index.error().describe();
  EXPECT_THAT(index->files, ElementsAre("one.safetensors", "two.safetensors"));
  ASSERT_EQ(index->entries.size(), 3U);
  EXPECT_EQ(index->entries[0].tensor, "a");
  EXPECT_EQ(index->entries[1].tensor, "b");
  EXPECT_EQ(index->entries[2].tensor, "c");
  EXPECT_EQ(index->entries[2].file, 1U);
  EXPECT_THAT(index->metadata, ElementsAre(Pair("note", "x"), Pair("total_size", "36")));
}

struct BadIndex {
  const char* name;
  const char* text;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const BadIndex& index) { return out << index.name; }

class BadShardIndex : public ::testing::TestWithParam<BadIndex> {};

TEST_P(BadShardIndex, IsRefusedWithItsReason) {
  const auto index = parse_shard_index(GetParam().text, "t.json");
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, ErrorCode::kDataLoss) << index.error().message;
  EXPECT_THAT(index.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(index.error().message, HasSubstr("t.json"));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadShardIndex,
    ::testing::Values(
        BadIndex{"NoJson", "weights", "not JSON at byte"},
        BadIndex{"List", "[]", "weight_map: expected an object of tensor and file names"},
        BadIndex{"NoMap", "{}",
                 "weight_map: expected an object of tensor and file names, file "
                 "has none"},
        BadIndex{"MapIsAList", R"({"weight_map":[]})", "has array"},
        BadIndex{"MapOfLists", R"({"weight_map":{"a":["x"]}})", "tensor \"a\": expected the name"},
        BadIndex{"MapOfNumbers", R"({"weight_map":{"a":1}})", "file has number"},
        BadIndex{"MapTwice", R"({"weight_map":{},"weight_map":{}})", "\"weight_map\" twice"},
        BadIndex{"TensorTwice", R"({"weight_map":{"a":"x","a":"y"}})",
                 "tensor \"a\": expected once"},
        BadIndex{"Parent", R"({"weight_map":{"a":"../x.safetensors"}})",
                 "expected the name of a file in the same folder, file has \"../x.safetensors\""},
        BadIndex{"ParentItself", R"({"weight_map":{"a":".."}})", "file has \"..\""},
        BadIndex{"Absolute", R"({"weight_map":{"a":"/etc/passwd"}})", "file has \"/etc/passwd\""},
        BadIndex{"Subfolder", R"({"weight_map":{"a":"x/y"}})", "file has \"x/y\""},
        BadIndex{"EmptyName", R"({"weight_map":{"a":""}})", "file has \"\""},
        BadIndex{"ZeroByteInName", R"({"weight_map":{"a":"x\u0000y"}})", "expected the name of"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(ShardIndex, HasLimits) {
  std::string files = R"({"weight_map":{)";
  for (size_t i = 0; i <= kMaxShards; ++i) {
    files += format("{}\"t{}\":\"f{}\"", i == 0 ? "" : ",", i, i);
  }
  const auto many = parse_shard_index(files + "}}", "t.json");
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, ErrorCode::kOutOfRange);
  EXPECT_THAT(many.error().message, HasSubstr("expected at most 1024 files"));

  const auto name =
      parse_shard_index(R"({"weight_map":{")" + std::string(1025, 'n') + R"(":"x"}})", "t.json");
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, ErrorCode::kOutOfRange);
}

TEST(ShardIndex, HostileTextsCostLittle) {
  if (test_data::sanitized()) {
    GTEST_SKIP() << "a sanitizer's own work would be counted";
  }
  std::string entries = R"({"weight_map":{)";
  std::string other = R"({"metadata":[0)";
  for (int i = 0; entries.size() < (size_t{1} << 20); ++i) {
    entries += "\"" + std::to_string(i) + R"(":"f",)";
    other += ",[]";
  }
  for (const std::string& text : {entries, other, std::string(1 << 20, '[')}) {
    const auto peak = test_data::peak_memory([&] {
      if (parse_shard_index(text, "t.json")) {
        _exit(1);
      }
    });
    EXPECT_LE(peak.value_or(0), test_data::hostile_file_limit(text.size()));
    const std::clock_t begin = std::clock();
    EXPECT_FALSE(parse_shard_index(text, "t.json"));
    EXPECT_LE(1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 100);
  }
}

TEST(Sharded, IsOneSourceOverAllShards) {
  const test_data::TempFolder folder;
  write_shard(folder / "one.safetensors", {"a"});
  write_shard(folder / "two.safetensors", {"c", "b"});
  const auto source = open_sharded(folder.write("model.safetensors.index.json", kIndex));
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_EQ((*source)->format(), "safetensors");
  ASSERT_EQ((*source)->tensors().size(), 3U);
  EXPECT_EQ((*source)->find("a")->file, "one.safetensors");
  EXPECT_EQ((*source)->find("c")->file, "two.safetensors");
  EXPECT_EQ((*source)->metadata().at("format"), "pt");
  EXPECT_EQ((*source)->metadata().at("total_size"), "36");
  for (const char* name : {"a", "b", "c"}) {
    const auto view = (*source)->view(name);
    ASSERT_TRUE(view);
    EXPECT_THAT(view->as<float>(), ElementsAre(1, 2, 3));
    TensorSource::release_pages(*view);
  }
  EXPECT_FALSE((*source)->view("d"));
}

// Both directions of the rule that index and shards agree.
TEST(Sharded, RefusesShardsThatDifferFromTheIndex) {
  const test_data::TempFolder folder;
  const auto index = folder.write("model.safetensors.index.json", kIndex);
  write_shard(folder / "one.safetensors", {"a"});
  const auto absent = open_sharded(index);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(absent.error().describe(), HasSubstr("two.safetensors: cannot be opened"));
  EXPECT_THAT(absent.error().describe(), HasSubstr("a shard of model.safetensors.index.json"));

  write_shard(folder / "two.safetensors", {"b"});
  const auto missing = open_sharded(index);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "[io/sharded] tensor \"c\": expected in two.safetensors, file has none "
            "(model.safetensors.index.json)");

  write_shard(folder / "two.safetensors", {"b", "c", "extra"});
  const auto extra = open_sharded(index);
  ASSERT_FALSE(extra);
  EXPECT_THAT(extra.error().message, HasSubstr("tensor \"extra\": expected none of that name in "
                                               "two.safetensors"));

  // A tensor in another shard than the index says, with the name the index gives to both.
  write_shard(folder / "two.safetensors", {"b", "c", "a"});
  EXPECT_FALSE(open_sharded(index));
}

TEST(Sharded, DoesNotFollowAnIndexInsideAnIndex) {
  const test_data::TempFolder folder;
  const auto index = folder.write("loop.json", R"({"weight_map":{"a":"loop.json"}})");
  const auto source = open_sharded(index);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace sextant::io
