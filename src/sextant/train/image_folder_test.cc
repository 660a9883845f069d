#include "sextant/train/image_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sextant/media/image.h"
#include "sextant/train/loader.h"
#include "support/dataset_sample.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using test_data::read_sample;
using test_data::sample;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

std::string png(int width, int height, uint8_t value) {
  media::Image image{.width = width, .height = height};
  image.pixels.assign(static_cast<size_t>(width) * static_cast<size_t>(height) * 3, value);
  const auto bytes = media::encode_png(image);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string message(const ImageFolderOptions& options) {
  const auto set = ImageFolder::open(options);
  return set ? "accepted" : set.error().message;
}

TEST(ImageFolder, ClassesAreFoldersInTheOrderOfNames) {
  const test_data::TempFolder folder;
  folder.write("dog/b.png", png(4, 4, 51));
  folder.write("dog/a.PNG", png(8, 6, 102));
  folder.write("dog/notes.txt", "not a picture");
  folder.write("cat/x.jpg", test_data::read(test_data::repository("tests/parity/media/rgb.jpg")));
  folder.write(".hidden/x.png", png(4, 4, 0));
  folder.write("README", "");
  const auto set = ImageFolder::open({.folder = folder.path(), .size = 4}).value();
  EXPECT_THAT(set->class_names(), ElementsAre("cat", "dog"));
  ASSERT_EQ(set->size(), 3);
  EXPECT_EQ(set->path(1).filename(), "a.PNG");
  EXPECT_EQ(set->fields()[0], (FieldSpec{"pixel_values", DType::kF32, {3, 4, 4}}));
  EXPECT_THAT(sample<int64_t>(*set, 0, 1), ElementsAre(0));
  EXPECT_THAT(sample<int64_t>(*set, 2, 1), ElementsAre(1));
  EXPECT_THAT(sample<float>(*set, 1, 0), Each(0.4F));
  EXPECT_THAT(sample<float>(*set, 2, 0), Each(0.2F));
}

TEST(ImageFolder, ResizesAndCutsAsTestsDo) {
  const test_data::TempFolder folder;
  const std::string jpeg =
      test_data::read(test_data::repository("tests/parity/media/large.jpg"));  // 150 x 101
  folder.write("a/x.jpg", jpeg);
  const auto set = ImageFolder::open({.folder = folder.path(), .size = 32, .resize = 40}).value();
  const auto image = media::decode_image(std::as_bytes(std::span(jpeg)), "x").value();
  const auto expected = media::resize_and_crop(image, 40, 32);
  const auto values = sample<float>(*set, 0, 0);
  for (size_t i = 0; i < 1024; ++i) {
    ASSERT_EQ(values[1024 + i], static_cast<float>(expected.pixels[i * 3 + 1]) / 255) << i;
  }
}

TEST(ImageFolder, RandomCropsDependOnTheSeed) {
  const test_data::TempFolder folder;
  folder.write("a/x.jpg", test_data::read(test_data::repository("tests/parity/media/large.jpg")));
  ImageFolderOptions options{.folder = folder.path(), .size = 16};
  options.pixels.resized_crop = BoxRange{};
  const auto set = ImageFolder::open(options).value();
  EXPECT_EQ(sample<float>(*set, 0, 0, 1), sample<float>(*set, 0, 0, 1));
  EXPECT_NE(sample<float>(*set, 0, 0, 1), sample<float>(*set, 0, 0, 2));
}

TEST(ImageFolder, UnreadablePicturesAreNamed) {
  const test_data::TempFolder folder;
  folder.write("a/bad.png", png(4, 4, 1).substr(0, 40));
  folder.write("b/long.png", png(170, 10, 1));
  const auto set = ImageFolder::open({.folder = folder.path(), .size = 4}).value();
  const auto loader =
      Loader::create(*set, {.batch_size = 1, .workers = 2, .shuffle = false}).value();
  const auto batch = loader->next();
  ASSERT_FALSE(batch);
  EXPECT_THAT(batch.error().describe(), HasSubstr("[media/png] the file ends too early"));
  EXPECT_THAT(batch.error().describe(), HasSubstr("bad.png"));
  EXPECT_THAT(batch.error().describe(), HasSubstr("(sample 0, batch 0 of epoch 0)"));
  EXPECT_THAT(read_sample(*set, 1).error().message,
              HasSubstr("[train/image_folder] sides: expected at most 16 to 1, found 170x10 ("));
}

TEST(ImageFolder, RefusesFoldersWithoutPictures) {
  const test_data::TempFolder folder;
  EXPECT_THAT(message({.folder = folder.path()}),
              HasSubstr("expected a sub-folder for each class"));
  folder.write("a/x.txt", "");
  EXPECT_THAT(message({.folder = folder.path()}),
              HasSubstr("/a: expected .png, .jpg or .jpeg files, found none"));
  EXPECT_EQ(ImageFolder::open({.folder = folder / "none"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(message({.folder = folder.path(), .size = 0}),
            "[train/image_folder] size: expected 1 to 2048, found 0");
  EXPECT_EQ(message({.folder = folder.path(), .size = 32, .resize = 16}),
            "[train/image_folder] resize: expected 0 or 32 to 2048, found 16");
}

}  // namespace
}  // namespace sextant::train
