#include "sextant/train/append_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>
#include <string_view>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using testing::HasSubstr;

bool append(AppendFile& file, std::string_view text) {
  return file.append(std::as_bytes(std::span(text)));
}

// No file of this process may grow beyond that many bytes, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_ = {};
};

TEST(AppendFile, GrowsRecordByRecord) {
  const test_data::TempFolder folder;
  auto file = AppendFile::open(folder / "log", 0).value();
  EXPECT_TRUE(append(file, "one\n"));
  EXPECT_EQ(test_data::read(folder / "log"), "one\n");  // before it is closed
  EXPECT_TRUE(append(file, "two\n"));
  EXPECT_EQ(test_data::read(folder / "log"), "one\ntwo\n");
  EXPECT_EQ(file.size(), 8);
}

TEST(AppendFile, KeepsTheBytesItIsTold) {
  const test_data::TempFolder folder;
  const auto path = folder.write("log", "one\ntwo\nthr");
  auto file = AppendFile::open(path, 4).value();
  EXPECT_EQ(test_data::read(path), "one\n");
  EXPECT_TRUE(append(file, "2\n"));
  EXPECT_EQ(test_data::read(path), "one\n2\n");
  EXPECT_EQ(AppendFile::open(path, 1000).value().size(), 6);
}

TEST(AppendFile, AFullDiskIsReportedOnceAndTriedAgain) {
  const test_data::TempFolder folder;
  auto file = AppendFile::open(folder / "log", 0).value();
  // What is said goes to a file as well here, which is shorter.
  const std::string first(8190, 'x');
  EXPECT_TRUE(append(file, first));
  testing::internal::CaptureStderr();
  {
    const FileSizeLimit limit(8192);
    EXPECT_FALSE(append(file, "abcdef\n"));
    EXPECT_FALSE(append(file, "ghijkl\n"));
    EXPECT_EQ(file.lost(), 2);
  }
  EXPECT_TRUE(append(file, "67\n"));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(test_data::read(folder / "log"), first + "67\n");
  EXPECT_THAT(said, HasSubstr("File too large; going on without it"));
  EXPECT_EQ(said.find("going on"), said.rfind("going on")) << said;
  EXPECT_THAT(said, HasSubstr("written again, 2 records are missing"));
}

TEST(AppendFile, RefusesWhatIsNoFile) {
  const test_data::TempFolder folder;
  EXPECT_EQ(AppendFile::open(folder / "none/log", 0).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(AppendFile::open("/dev/null", 0).error().message,
              HasSubstr("expected a file, found another kind"));
  EXPECT_EQ(AppendFile::open(folder.path(), 0).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace sextant::train
