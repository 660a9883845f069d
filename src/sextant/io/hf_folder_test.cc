#include "sextant/io/hf_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace sextant::io {
namespace {

using ::testing::HasSubstr;

TEST(HfFolder, PrefersSafetensorsToPickles) {
  const test_data::TempFolder folder;
  folder.write("config.json", "{}");
  folder.write("training_args.bin", "x");
  for (const char* name : {"other.safetensors", "model.pt", "pytorch_model.bin.index.json",
                           "pytorch_model.bin", "diffusion_pytorch_model.safetensors",
                           "model.safetensors.index.json", "model.safetensors"}) {
    folder.write(name, "x");  // from the least to the most preferred
    const auto weights = find_weights(folder.path());
    ASSERT_TRUE(weights) << weights.error().describe();
    EXPECT_EQ(weights->filename(), name);
  }
}

TEST(HfFolder, SaysWhatItLookedFor) {
  const test_data::TempFolder folder;
  folder.write("config.json", "{}");
  const auto none = find_weights(folder.path());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message, HasSubstr("expected weights (model.safetensors"));

  folder.write("a.gguf", "x");
  folder.write("b.safetensors", "x");
  const auto several = find_weights(folder.path());
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(several.error().message, HasSubstr("folder has 2: a.gguf, b.safetensors"));
  EXPECT_EQ(several.error().hint, "name the file instead of the folder");
}

TEST(HfFolder, TellsAnUnfinishedDownload) {
  const test_data::TempFolder folder;
  std::filesystem::create_symlink("../blobs/none", folder / "model.safetensors");
  folder.write("pytorch_model.bin", "x");
  const auto weights = find_weights(folder.path());
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(weights.error().message, HasSubstr("a link to a file that is not here"));
}

TEST(HfFolder, ReadsSmallFilesOnly) {
  const test_data::TempFolder folder;
  folder.write("config.json", "{\"a\": 1}");
  const auto text = read_folder_file(folder.path(), "config.json");
  ASSERT_TRUE(text) << text.error().describe();
  EXPECT_EQ(*text, "{\"a\": 1}");
  const auto absent = read_folder_file(folder.path(), "none.json");
  ASSERT_TRUE(absent) << absent.error().describe();
  EXPECT_EQ(*absent, std::nullopt);
  const auto large = read_folder_file(folder.path(), "config.json", 7);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kOutOfRange);
  EXPECT_THAT(large.error().message,
              HasSubstr("config.json: expected at most 7 bytes, file has 8"));
  std::filesystem::create_directory(folder / "vocab.json");
  EXPECT_FALSE(read_folder_file(folder.path(), "vocab.json"));
}

}  // namespace
}  // namespace sextant::io
