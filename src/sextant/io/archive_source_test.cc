#include "sextant/io/archive_source.h"

#include <cstring>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace sextant::io {
namespace {

using ::testing::ElementsAre;

// Eight I32 in `buffer`, from an address that is `shift` bytes behind a multiple of 64.
std::span<const std::byte> numbers_at(std::vector<std::byte>& buffer, size_t shift) {
  constexpr size_t kBytes = 8 * sizeof(int32_t);
  buffer.resize(256);
  const size_t begin = (64 - reinterpret_cast<uintptr_t>(buffer.data()) % 64) % 64 + shift;
  for (int32_t i = 0; i < 8; ++i) {
    std::memcpy(buffer.data() + begin + static_cast<size_t>(i) * sizeof(i), &i, sizeof(i));
  }
  return std::span<const std::byte>(buffer).subspan(begin, kBytes);
}

// "a": all of the block, "b": every second element from the third on.
void fill(ArchiveSource& source, std::span<const std::byte> block) {
  const size_t index = source.add_block(block, alignof(int32_t));
  source.add_tensor({.name = "a", .dtype = DType::kI32, .shape = {8}, .bytes = 32}, index, 0, {});
  source.add_tensor({.name = "b", .dtype = DType::kI32, .shape = {3}, .bytes = 20}, index, 8, {2});
}

TEST(ArchiveSource, UsesAlignedBlocksInPlace) {
  std::vector<std::byte> buffer;
  const auto block = numbers_at(buffer, 4);
  ArchiveSource source("test", "t.bin");
  fill(source, block);
  const TensorView a = source.view("a").value();
  EXPECT_EQ(a.data, block.data());
  EXPECT_THAT(a.as<int32_t>(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  const TensorView b = source.view("b").value();
  EXPECT_EQ(b.data, block.data() + 8);
  EXPECT_THAT(b.strides, ElementsAre(2));
  EXPECT_EQ(source.find("b")->file, "t.bin");
  EXPECT_EQ(source.format(), "test");
}

TEST(ArchiveSource, CopiesMisalignedBlocksOnceForAllTheirTensors) {
  std::vector<std::byte> buffer;
  const auto block = numbers_at(buffer, 3);
  ArchiveSource source("test", "t.bin");
  fill(source, block);
  // Many threads ask at once; all must be given the one copy.
  std::vector<const std::byte*> seen(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] { seen[i] = source.view(i % 2 == 0 ? "a" : "b")->data; });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i], seen[0] + (i % 2 == 0 ? 0 : 8));
  }
  EXPECT_NE(seen[0], block.data());
  EXPECT_THAT(source.view("a")->as<int32_t>(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(ArchiveSource, KeepsBytesThatItIsGiven) {
  ArchiveSource source("test", "t.bin");
  for (int i = 0; i < 50; ++i) {  // the list of kept blocks grows and moves
    std::vector<std::byte> bytes(sizeof(int32_t));
    std::memcpy(bytes.data(), &i, sizeof(i));
    const size_t block = source.add_block(source.keep(std::move(bytes)), alignof(int32_t));
    source.add_tensor({.name = std::to_string(i), .dtype = DType::kI32, .shape = {}, .bytes = 4},
                      block, 0, {});
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(source.view(std::to_string(i))->as<int32_t>()[0], i);
  }
}

TEST(ArchiveSource, KeepsTheMappingOfItsBlocks) {
  const test_data::TempFolder folder;
  const int32_t value = 7;
  const auto path = folder.write("t.bin", {reinterpret_cast<const char*>(&value), sizeof(value)});
  ArchiveSource source("test", "t.bin");
  {
    MappedFile file = MappedFile::open(path).value();
    const size_t block = source.add_block(file.bytes(), alignof(int32_t));
    source.add_tensor({.name = "x", .dtype = DType::kI32, .shape = {1}, .bytes = 4}, block, 0, {});
    source.keep(std::move(file));
  }
  EXPECT_EQ(source.view("x")->as<int32_t>()[0], 7);
}

}  // namespace
}  // namespace sextant::io
