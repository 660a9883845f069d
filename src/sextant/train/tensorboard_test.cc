#include "sextant/train/tensorboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

TEST(TensorBoard, ChecksumsAreCrc32c) {
  // Test vectors of RFC 3720, B.4, and the usual check value.
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(masked_crc32c(""), 0xa282ead8U);
}

// The file that scripts/goldens/make_tensorboard.py had the tensorboard package write and read.
TEST(TensorBoard, RecordsEqualThePackages) {
  const std::string expected =
      test_data::read(test_data::repository("tests/parity/tensorboard/events.bin"));
  std::string made = tensorboard_version(1700000000.25);
  made += tensorboard_session_start(1700000001, 5);
  made += tensorboard_scalar(1700000002.5, 0, "train/loss", 2.25F);
  made += tensorboard_scalar(1700000003, 300, "train/loss", -1e-8F);
  made += tensorboard_scalar(1700000004, (int64_t{1} << 40) + 7, "learning rate \xc2\xb5", 0.0F);
  EXPECT_EQ(made, expected);
}

std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path().filename());
  }
  return files;
}

TEST(TensorBoard, EachRunWritesAFileOfItsOwn) {
  const test_data::TempFolder folder;
  auto log = TensorBoardLog::open(folder / "a/b", -1).value();
  log.write(1, "loss", 0.5);
  const std::string first = test_data::read(log.path());
  auto resumed = TensorBoardLog::open(folder / "a/b", 1).value();
  resumed.write(2, "loss", 0.25);
  const std::string second = test_data::read(resumed.path());
  EXPECT_THAT(files_in(folder / "a/b"), testing::SizeIs(2));
  EXPECT_THAT(files_in(folder / "a/b"), testing::Each(testing::StartsWith("events.out.tfevents.")));
  EXPECT_EQ(second.size(), first.size() + tensorboard_session_start(1, 2).size());
  EXPECT_THAT(first, testing::HasSubstr("brain.Event:2"));
  EXPECT_EQ(TensorBoardLog::open("/dev/null/x", -1).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace sextant::train
