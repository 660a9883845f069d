#include "sextant/io/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::io {
namespace {

using ::testing::HasSubstr;

size_t files_in(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, ReplacesTheOldContentOnCommitOnly) {
  const test_data::TempFolder folder;
  const auto path = folder.write("a.txt", "old");
  auto file = AtomicFile::create(path);
  ASSERT_TRUE(file) << file.error().describe();
  ASSERT_TRUE(file->write("new "));
  ASSERT_TRUE(file->write("text"));
  EXPECT_EQ(file->size(), 8U);
  EXPECT_EQ(test_data::read(path), "old");
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(test_data::read(path), "new text");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, LeavesNothingBehindWithoutCommit) {
  const test_data::TempFolder folder;
  {
    auto file = AtomicFile::create(folder / "a.txt");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("half"));
    EXPECT_EQ(files_in(folder.path()), 1U);
  }
  EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST(AtomicFile, TakesARelativeNameAndALongOne) {
  const test_data::TempFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const auto written = write_file_atomically("plain.txt", std::string_view("x"));
  std::filesystem::current_path(before);
  ASSERT_TRUE(written) << written.error().describe();
  EXPECT_EQ(test_data::read(folder / "plain.txt"), "x");
  EXPECT_TRUE(write_file_atomically(folder / std::string(255, 'n'), std::string_view("x")));
}

TEST(AtomicFile, KeepsPermissionBitsAndReplacesLinks) {
  const test_data::TempFolder folder;
  const auto path = folder.write("a.txt", "old");
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  ASSERT_TRUE(write_file_atomically(path, std::string_view("new")));
  struct stat status = {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);

  std::filesystem::create_symlink("a.txt", folder / "link");
  ASSERT_TRUE(write_file_atomically(folder / "link", std::string_view("other")));
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(test_data::read(path), "new");
}

TEST(AtomicFile, NamesWhatCannotBeWritten) {
  const test_data::TempFolder folder;
  const auto missing = write_file_atomically(folder / "no/such/a.txt", std::string_view("x"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("a.txt: cannot create a file in this folder: No"));

  const auto directory = write_file_atomically(folder.path(), std::string_view("x"));
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(directory.error().message, HasSubstr("expected the name of a file, found a folder"));

  const auto device = write_file_atomically("/dev/null", std::string_view("x"));
  ASSERT_FALSE(device);
  EXPECT_THAT(device.error().message, HasSubstr("found a device or pipe"));
}

// A quota on file sizes stands for the full disk: same code path, and no privileges needed.
TEST(AtomicFile, SaysThatTheDiskIsFullAndKeepsTheOldFile) {
  const test_data::TempFolder folder;
  const auto path = folder.write("a.bin", "old");
  const auto previous_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit previous = {};
  getrlimit(RLIMIT_FSIZE, &previous);
  const rlimit small = {.rlim_cur = 100000, .rlim_max = previous.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto written = write_file_atomically(path, std::string(300000, 'x'));
  setrlimit(RLIMIT_FSIZE, &previous);
  signal(SIGXFSZ, previous_handler);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(written.error().message, HasSubstr("a.bin: cannot write more after 100000 bytes"));
  EXPECT_THAT(written.error().hint, HasSubstr("the old file, if there was one, is untouched"));
  EXPECT_EQ(test_data::read(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, SaysThatARealFileSystemIsFull) {
  const test_data::TempFolder folder;
  const auto small = folder / "small";
  std::filesystem::create_directory(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "needs the right to mount a 64 KB file system";
  }
  const auto written = write_file_atomically(small / "a.bin", std::string(300000, 'x'));
  const size_t left = files_in(small);
  umount(small.c_str());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(written.error().message, HasSubstr("No space left on device"));
  EXPECT_EQ(left, 0U);
}

// Content number n: its length and every byte follow from n, so that any mixture shows.
std::string content(uint32_t number) {
  std::mt19937 random(number);
  std::string text(1 + random() % 100000, '\0');
  for (char& byte : text) {
    byte = static_cast<char>(random());
  }
  return std::to_string(number) + ":" + text;
}

bool complete(const std::string& text) {
  return text == content(static_cast<uint32_t>(std::stoul(text.substr(0, text.find(':')))));
}

[[noreturn]] void write_until_killed(const std::filesystem::path& path, uint32_t number) {
  for (;; ++number) {
    const std::string text = content(number);
    auto file = AtomicFile::create(path);
    // In pieces, so that the kill can fall between them.
    for (size_t done = 0; done < text.size(); done += 4096) {
      if (!file || !file->write(std::string_view(text).substr(done, 4096))) {
        _exit(1);
      }
    }
    if (!file->commit()) {
      _exit(1);
    }
  }
}

TEST(AtomicFile, SurvivesKillAtRandomMoments) {
  const test_data::TempFolder folder;
  const auto path = folder.write("a.bin", content(0));
  std::mt19937 random(1);
  int replaced = 0;
  std::string previous = test_data::read(path);
  constexpr int kKills = 250;
  for (int i = 0; i < kKills; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      write_until_killed(path, static_cast<uint32_t>(i) * 1000 + 1);
    }
    usleep(random() % 12000);
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself";
    const std::string now = test_data::read(path);
    ASSERT_TRUE(complete(now)) << "kill " << i << " left " << now.size() << " bytes";
    replaced += now != previous ? 1 : 0;
    previous = now;
  }
  // The kills must have fallen on both sides of a rename, or nothing was tested.
  EXPECT_GT(replaced, 0);
  EXPECT_GT(files_in(folder.path()), 1U) << "no kill hit a half-written temporary";
}

}  // namespace
}  // namespace sextant::io
