#include "sextant/nn/image_processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/mapped_file.h"
#include "sextant/io/open_tensors.h"
#include "sextant/nn/image_classifier.h"
#include "support/test_data.h"

namespace sextant::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::filesystem::path folder() { return test_data::repository("tests/parity/nn/vit"); }

media::Image picture() {
  const auto file = value_or_throw(io::MappedFile::open(folder() / "picture.png"));
  return value_or_throw(media::decode_image(file.bytes(), "picture.png"));
}

std::vector<float> golden(const char* name) {
  const auto source = value_or_throw(io::open_tensors(folder() / "golden.safetensors"));
  const auto values = value_or_throw(source->view(name)).as<float>();
  return {values.begin(), values.end()};
}

// Bytes are those of Pillow; scaling is rounded twice at most.
void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_LE(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-6) << i;
  }
}

TEST(ImageProcessor, PreparesAsTransformers) {
  const auto processor = read_processor(folder(), 3);
  ASSERT_TRUE(processor) << processor.error().describe();
  const auto values = prepare_image(picture(), *processor, 3);
  ASSERT_TRUE(values);
  ASSERT_EQ(values->size(), 3U * 12 * 12);
  expect_near(*values, golden("pixel_values"));
}

TEST(ImageProcessor, MakesOneChannelOfColours) {
  const ImageProcessor processor{.size = 12, .mean = {0.3F}, .std_dev = {0.35F}};
  const auto values = prepare_image(picture(), processor, 1);
  ASSERT_TRUE(values);
  ASSERT_EQ(values->size(), 12U * 12);
  expect_near(*values, golden("grey"));
  media::Image grey = picture();
  for (size_t i = 0; i < grey.pixels.size(); i += 3) {
    grey.pixels[i + 1] = grey.pixels[i + 2] = grey.pixels[i];
  }
  media::Image one{.width = grey.width, .height = grey.height, .channels = 1};
  for (size_t i = 0; i < grey.pixels.size(); i += 3) {
    one.pixels.push_back(grey.pixels[i]);
  }
  EXPECT_EQ(*prepare_image(grey, processor, 1), *prepare_image(one, processor, 1));
}

TEST(ImageProcessor, Inverts) {
  const media::Image image{.width = 2, .height = 1, .channels = 1, .pixels = {0, 51}};
  const ImageProcessor processor{.size = 2, .mean = {0}, .std_dev = {1}};
  EXPECT_THAT(*prepare_image(image, processor, 1, true), ElementsAre(1, 0.8F, 1, 0.8F));
}

TEST(ImageProcessor, CutsOutTheMiddle) {
  media::Image wide{.width = 4, .height = 2, .channels = 1, .pixels = {9, 0, 255, 9, 9, 51, 0, 9}};
  const ImageProcessor processor{.size = 2, .shorter = 2, .mean = {0}, .std_dev = {1}};
  EXPECT_THAT(*prepare_image(wide, processor, 1), ElementsAre(0, 1, 0.2F, 0));
}

TEST(ImageProcessor, RefusesALineOfPixels) {
  const media::Image line{
      .width = 68, .height = 4, .channels = 1, .pixels = std::vector<uint8_t>(68 * 4)};
  const auto refused = prepare_image(line, {.size = 8}, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "[nn/image_processor] sides: expected at most 16 to 1, found 68x4");
}

TEST(ImageProcessor, ReadsWhatItWrites) {
  for (const ImageProcessor& written :
       {ImageProcessor{.size = 28, .mean = {0.286F}, .std_dev = {0.353F}},
        ImageProcessor{
            .size = 24, .shorter = 32, .mean = {0.1F, 0.2F, 0.3F}, .std_dev = {1, 2, 3}}}) {
    const auto read = processor_from_hf(Json::parse(hf_processor(written).dump()), 3);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(hf_processor(*read), hf_processor(written));
  }
}

std::string error_of(const char* json) {
  const auto read = processor_from_hf(Json::parse(json), 3);
  return read ? "none" : read.error().message;
}

TEST(ImageProcessor, ReadsOlderForms) {
  EXPECT_EQ(error_of(R"({"size": 224})"), "none");
  EXPECT_EQ(error_of(R"({"size": 256, "do_center_crop": true, "crop_size": 224})"), "none");
  EXPECT_EQ(error_of(R"({"size": 8, "do_normalize": false, "image_mean": "x"})"), "none");
  EXPECT_EQ(error_of(R"({"size": 8, "image_mean": 0.5, "image_std": 0.5})"), "none");
}

TEST(ImageProcessor, RefusesWhatIsWrong) {
  EXPECT_EQ(error_of("{}"),
            "[nn/image_processor] \"size\": expected a whole number from 1 to 4096, found null "
            "(preprocessor_config.json)");
  EXPECT_THAT(error_of(R"({"size": {"height": 8, "width": 9}})"), HasSubstr("expected a square"));
  EXPECT_THAT(error_of(R"({"size": {"height": 8}})"), HasSubstr("\"size.width\": expected"));
  EXPECT_THAT(error_of(R"({"size": 1e30})"), HasSubstr("a whole number"));
  EXPECT_THAT(error_of(R"({"size": 8, "do_resize": false})"), HasSubstr("\"do_resize\""));
  EXPECT_THAT(error_of(R"({"size": 8, "do_rescale": 1})"), HasSubstr("true or false"));
  EXPECT_THAT(error_of(R"({"size": 8, "rescale_factor": 1})"), HasSubstr("expected 1/255"));
  EXPECT_THAT(error_of(R"({"size": 8, "resample": 3})"), HasSubstr("2 (bilinear)"));
  EXPECT_THAT(error_of(R"({"size": 8, "image_mean": [1, 2]})"),
              HasSubstr("one number or 3, one a channel"));
  EXPECT_THAT(error_of(R"({"size": 8, "image_std": [1, 0, 1]})"), HasSubstr("numbers above 0"));
  EXPECT_THAT(error_of(R"({"size": 8, "image_mean": ["a", 1, 2]})"), HasSubstr("numbers"));
  EXPECT_THAT(error_of(R"({"size": 8, "do_center_crop": true, "crop_size": 9})"),
              HasSubstr("at most 8, the shorter side"));
  EXPECT_THAT(error_of("[1]"), HasSubstr("expected an object, found array"));
  EXPECT_THAT(read_processor(folder() / "none", 3).error().message,
              HasSubstr("expected a preprocessor_config.json, found none"));
}

}  // namespace
}  // namespace sextant::nn
