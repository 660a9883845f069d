#include "sextant/train/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/atomic_file.h"
#include "support/temp_folder.h"

namespace sextant::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

void add(const CheckpointStore& store, int64_t step) {
  auto checkpoint = value_or_throw(store.begin(step));
  const std::string text = "weights of step " + std::to_string(step);
  ASSERT_TRUE(io::write_file_atomically(checkpoint.path() / "weights", text));
  ASSERT_TRUE(io::write_file_atomically(checkpoint.path() / "state.json", "{}"));
  ASSERT_TRUE(checkpoint.commit());
}

std::vector<int64_t> steps(const CheckpointStore& store) {
  std::vector<int64_t> steps;
  for (const Checkpoint& checkpoint : store.list()) {
    steps.push_back(checkpoint.step);
  }
  return steps;
}

std::string broken(const fs::path& folder) {
  const auto sound = check_checkpoint(folder);
  return sound ? "sound" : sound.error().message;
}

TEST(CheckpointStore, ListsWhatWasCommitted) {
  const test_data::TempFolder folder;
  const CheckpointStore store(folder / "run/checkpoints");
  EXPECT_TRUE(store.list().empty());
  EXPECT_FALSE(store.newest_sound());
  add(store, 100);
  add(store, 20);
  {
    const auto unfinished = value_or_throw(store.begin(300));
  }
  EXPECT_THAT(steps(store), ElementsAre(20, 100));
  EXPECT_EQ(store.newest_sound().value().step, 100);
  EXPECT_EQ(store.newest_sound()->folder.filename(), "step-00000100");
  EXPECT_TRUE(check_checkpoint(store.newest_sound()->folder));
}

TEST(CheckpointStore, KeepsTheNewest) {
  const test_data::TempFolder folder;
  const CheckpointStore store(folder.path());
  for (const int64_t step : {1, 2, 3, 4}) {
    add(store, step);
  }
  store.keep_newest(2);
  EXPECT_THAT(steps(store), ElementsAre(3, 4));
  store.keep_newest(0);  // one always stays
  EXPECT_THAT(steps(store), ElementsAre(4));
}

TEST(CheckpointStore, WritesAStepAgain) {
  const test_data::TempFolder folder;
  const CheckpointStore store(folder.path());
  add(store, 5);
  fs::remove(folder / "step-00000005/weights");
  EXPECT_FALSE(store.newest_sound());
  add(store, 5);
  EXPECT_EQ(store.newest_sound().value().step, 5);
}

TEST(CheckpointStore, GoesBackBehindABrokenOne) {
  const test_data::TempFolder folder;
  const CheckpointStore store(folder.path());
  add(store, 1);
  add(store, 2);
  const fs::path newest = folder / "step-00000002";
  folder.write("step-00000002/weights", "weights of step X");
  EXPECT_THAT(broken(newest), HasSubstr("weights: its SHA-256 is not that of manifest.json"));
  EXPECT_EQ(store.newest_sound().value().step, 1);
  folder.write("step-00000002/weights", "short");
  EXPECT_THAT(broken(newest), HasSubstr("weights: expected 17 bytes, found 5"));
  fs::remove(newest / "weights");
  EXPECT_THAT(broken(newest), HasSubstr("weights: expected by manifest.json, not there"));
  folder.write("step-00000002/manifest.json", R"({"files": {"../x": {"bytes": 1, "sha256": ""}}})");
  EXPECT_THAT(broken(newest), HasSubstr("manifest.json: expected bytes and sha256 of \"../x\""));
  folder.write("step-00000002/manifest.json", R"({"files": {}})");
  EXPECT_THAT(broken(newest), HasSubstr("manifest.json: expected a list of files"));
  folder.write("step-00000002/manifest.json", "{");
  EXPECT_THAT(broken(newest), HasSubstr("not JSON"));
  fs::remove(newest / "manifest.json");
  EXPECT_THAT(broken(newest), HasSubstr("expected manifest.json, found none"));
  EXPECT_EQ(store.newest_sound().value().step, 1);
}

}  // namespace
}  // namespace sextant::train
