#include "sextant/io/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_folder.h"

namespace sextant::io {
namespace {

using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;

std::string_view text(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// Three pages, so that the last ones vanish when the file is cut.
std::string three_pages() { return std::string(3 * static_cast<size_t>(getpagesize()), 'x'); }

TEST(MappedFile, GivesTheBytesInBothModes) {
  const test_data::TempFolder folder;
  const auto path = folder.write("a.bin", "hello");
  for (const LoadMode mode : {LoadMode::kMap, LoadMode::kRead}) {
    const auto file = MappedFile::open(path, mode);
    ASSERT_TRUE(file) << file.error().describe();
    EXPECT_EQ(text(*file), "hello");
    EXPECT_EQ(file->mapped(), mode == LoadMode::kMap);
    EXPECT_EQ(file->path(), path);
  }
}

TEST(MappedFile, AcceptsAnEmptyFile) {
  const test_data::TempFolder folder;
  const auto file = MappedFile::open(folder.write("empty", ""));
  ASSERT_TRUE(file) << file.error().describe();
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, MovesWithoutMovingTheBytes) {
  const test_data::TempFolder folder;
  auto first = MappedFile::open(folder.write("a", "first"));
  auto second = MappedFile::open(folder.write("b", "second"));
  ASSERT_TRUE(first && second);
  const std::byte* place = second->bytes().data();
  *first = std::move(*second);
  EXPECT_EQ(first->bytes().data(), place);
  EXPECT_EQ(text(*first), "second");
  EXPECT_TRUE(second->bytes().empty());
}

TEST(MappedFile, KnowsWhichBytesAreMapped) {
  const test_data::TempFolder folder;
  const auto path = folder.write("a", "hello");
  auto file = MappedFile::open(path);
  const auto copy = MappedFile::open(path, LoadMode::kRead);
  ASSERT_TRUE(file && copy);
  const auto bytes = file->bytes();
  EXPECT_TRUE(is_mapped_file(bytes.subspan(1, 3)));
  EXPECT_FALSE(is_mapped_file(bytes.first(0)));
  EXPECT_FALSE(is_mapped_file({bytes.data() - 1, 2}));
  EXPECT_FALSE(is_mapped_file({bytes.data() + 4, 2}));
  EXPECT_FALSE(is_mapped_file(copy->bytes()));
  file = MappedFile::open(folder.write("b", "x"));
  EXPECT_FALSE(is_mapped_file(bytes));
}

TEST(MappedFile, KeepsTheOldBytesWhenTheNameIsReplaced) {
  const test_data::TempFolder folder;
  const auto file = MappedFile::open(folder.write("a", "old"));
  ASSERT_TRUE(file);
  std::filesystem::rename(folder.write("b", "new, and longer"), folder / "a");
  EXPECT_EQ(text(*file), "old");
}

TEST(MappedFile, NamesWhatIsMissingOrNoFile) {
  const test_data::TempFolder folder;
  const auto missing = MappedFile::open(folder / "none.bin");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("none.bin: cannot be opened: No such file"));

  const auto directory = MappedFile::open(folder.path());
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(directory.error().message, HasSubstr("expected a file, found a folder"));

  const auto pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto fifo = MappedFile::open(pipe);  // must not wait for a writer
  ASSERT_FALSE(fifo);
  EXPECT_THAT(fifo.error().message, HasSubstr("expected a file, found a device or pipe"));
}

TEST(MappedFileDeathTest, TruncationWhileMappedEndsWithAMessageAndStatus3) {
  const test_data::TempFolder folder;
  const auto path = folder.write("cut.bin", three_pages());
  EXPECT_EXIT(
      {
        const auto file = MappedFile::open(path);
        truncate(path.c_str(), 1);
        volatile std::byte last = file->bytes().back();
        static_cast<void>(last);
      },
      ExitedWithCode(3), "cut.bin: the file became shorter");
}

TEST(MappedFileDeathTest, TruncationAfterReadingDoesNotMatter) {
  const test_data::TempFolder folder;
  const auto path = folder.write("cut.bin", three_pages());
  const auto file = MappedFile::open(path, LoadMode::kRead);
  ASSERT_TRUE(file);
  ASSERT_EQ(truncate(path.c_str(), 0), 0);
  EXPECT_EQ(file->bytes().back(), std::byte{'x'});
}

void earlier_handler(int) { _exit(42); }

TEST(MappedFileDeathTest, OtherBusErrorsGoWhereTheyWentBefore) {
  const test_data::TempFolder folder;
  const auto path = folder.write("a", "x");
  EXPECT_EXIT(
      {
        signal(SIGBUS, earlier_handler);
        const auto file = MappedFile::open(path);
        raise(SIGBUS);
      },
      ExitedWithCode(42), "");
}

}  // namespace
}  // namespace sextant::io
