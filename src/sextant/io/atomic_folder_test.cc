#include "sextant/io/atomic_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "sextant/io/atomic_file.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void fill(const fs::path& folder, std::string_view text) {
  ASSERT_TRUE(write_file_atomically(folder / "a", text));
  ASSERT_TRUE(write_file_atomically(folder / "b", text));
}

TEST(AtomicFolder, AppearsOnCommitOnly) {
  const test_data::TempFolder around;
  const fs::path path = around / "model";
  auto folder = AtomicFolder::create(path);
  ASSERT_TRUE(folder) << folder.error().describe();
  fill(folder->path(), "new");
  EXPECT_FALSE(fs::exists(path));
  ASSERT_TRUE(folder->commit());
  EXPECT_THAT(names_in(path), ElementsAre("a", "b"));
  EXPECT_THAT(names_in(around.path()), ElementsAre("model"));
}

TEST(AtomicFolder, ReplacesTheOldOneWhole) {
  const test_data::TempFolder around;
  const fs::path path = around / "model";
  fs::create_directory(path);
  around.write("model/old", "old");
  {
    auto unfinished = value_or_throw(AtomicFolder::create(path));
    fill(unfinished.path(), "half");
  }
  EXPECT_THAT(names_in(path), ElementsAre("old"));
  auto folder = value_or_throw(AtomicFolder::create(path));
  fill(folder.path(), "new");
  ASSERT_TRUE(folder.commit());
  EXPECT_THAT(names_in(path), ElementsAre("a", "b"));
  EXPECT_EQ(test_data::read(path / "a"), "new");
  EXPECT_THAT(names_in(around.path()), ElementsAre("model"));
}

TEST(AtomicFolder, RefusesWhatIsNoFolder) {
  const test_data::TempFolder around;
  around.write("file", "x");
  const auto onto_file = AtomicFolder::create(around / "file");
  ASSERT_FALSE(onto_file);
  EXPECT_EQ(onto_file.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(onto_file.error().message, HasSubstr("expected the name of a folder"));
  const auto nowhere = AtomicFolder::create(around / "none/model");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::kNotFound);
}

// Processes that write the folder again and again are killed at random moments: the name always
// shows one whole version, and the next writer clears what the dead ones left.
TEST(AtomicFolder, StaysWholeUnderKill) {
  const test_data::TempFolder around;
  const fs::path path = around / "model";
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int version = 0;; ++version) {
        auto folder = AtomicFolder::create(path);
        const std::string text = std::to_string(version);
        if (!folder || !write_file_atomically(folder->path() / "a", text) ||
            !write_file_atomically(folder->path() / "b", text) || !folder->commit()) {
          _exit(1);
        }
      }
    }
    usleep(std::uniform_int_distribution<useconds_t>(500, 15'000)(random));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed";
    if (fs::exists(path)) {
      EXPECT_THAT(names_in(path), ElementsAre("a", "b"));
      EXPECT_EQ(test_data::read(path / "a"), test_data::read(path / "b"));
    }
  }
  ASSERT_TRUE(AtomicFolder::create(path));
  EXPECT_THAT(names_in(around.path()), ElementsAre("model"));
}

}  // namespace
}  // namespace sextant::io
