#include "sextant/nn/image_classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "sextant/io/mapped_file.h"
#include "sextant/io/open_tensors.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::nn {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

fs::path original() { return test_data::repository("tests/parity/nn/vit"); }

class ImageClassifierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"config.json", "preprocessor_config.json", "model.safetensors"}) {
      fs::copy_file(original() / name, folder_ / name);
    }
  }

  std::string error() {
    const auto loaded = ImageClassifier::load(folder_.path());
    return loaded ? "none" : loaded.error().describe();
  }

  void change(const char* file, const std::string& from, const std::string& to) {
    std::string text = test_data::read(folder_ / file);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    std::ofstream(folder_ / file) << text.replace(at, from.size(), to);
  }

  test_data::TempFolder folder_;
  ThreadPool pool_{2};
  Context context_{pool_};
};

TEST_F(ImageClassifierTest, TellsTheLogitsOfAPicture) {
  const auto classifier = ImageClassifier::load(folder_.path());
  ASSERT_TRUE(classifier) << classifier.error().describe();
  EXPECT_THAT(classifier->labels(), ElementsAre("circle", "square", "star"));
  const auto file = value_or_throw(io::MappedFile::open(original() / "picture.png"));
  const auto image = value_or_throw(media::decode_image(file.bytes(), "picture.png"));
  const auto pixels = value_or_throw(classifier->prepare(image));
  const auto logits = classifier->logits(pixels, 1, context_);
  ASSERT_TRUE(logits) << logits.error().describe();
  const auto golden = value_or_throw(io::open_tensors(original() / "golden.safetensors"));
  const auto expected = value_or_throw(golden->view("logits")).as<float>();
  ASSERT_EQ(logits->size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR((*logits)[i], expected[i], 2e-5) << i;  // two roundings of pixels, then sums
  }
}

TEST_F(ImageClassifierTest, NamesClassesThatTheFileDoesNot) {
  change("config.json", "\"id2label\"", "\"other\"");
  EXPECT_THAT(error(), HasSubstr("classifier.weight"));  // two classes, the file has three
}

TEST_F(ImageClassifierTest, RefusesFoldersThatDoNotFit) {
  change("preprocessor_config.json", "\"height\": 12", "\"height\": 14");
  EXPECT_THAT(error(), HasSubstr("\"size\": expected a square"));
  change("preprocessor_config.json", "\"width\": 12", "\"width\": 14");
  EXPECT_THAT(error(), HasSubstr("size: expected 12 as image_size of config.json, found 14"));
  fs::remove(folder_ / "preprocessor_config.json");
  EXPECT_THAT(error(), HasSubstr("expected a preprocessor_config.json, found none"));
}

TEST_F(ImageClassifierTest, RefusesAConfigurationOfALargerNetwork) {
  change("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 900");
  EXPECT_THAT(error(), HasSubstr("parameters that config.json tells of, found 4963"));
  change("config.json", "\"hidden_size\": 16", "\"hidden_size\": 1048576");
  EXPECT_THAT(error(), HasSubstr("parameters that config.json tells of, found 4963"));
}

TEST_F(ImageClassifierTest, RefusesBrokenWeights) {
  std::ofstream(folder_ / "model.safetensors") << "not a file of tensors";
  EXPECT_NE(error(), "none");
  fs::remove(folder_ / "model.safetensors");
  EXPECT_NE(error(), "none");
}

TEST(VitNetwork, RefusesOtherInputs) {
  const auto network = load_network("sextant_torch_vit", original());
  ASSERT_TRUE(network) << network.error().describe();
  ThreadPool pool(1);
  const Context context{pool};
  const auto message = [&](const NetworkInputs& inputs) {
    const auto out = (*network)->forward(inputs, {}, context);
    return out ? "none" : out.error().message;
  };
  EXPECT_EQ(message({}), "[nn/vit] tensor \"pixel_values\": expected F32 [B,3,12,12], found none");
  const std::vector<float> values(2 * 3 * 12 * 12);
  const std::span<const float> all(values);
  EXPECT_EQ(message({{"pixel_values", make_view(all, DType::kF32, {2, 12, 12, 3})}}),
            "[nn/vit] tensor \"pixel_values\": expected F32 [B,3,12,12], found F32 [2,12,12,3]");
  EXPECT_EQ(message({{"pixel_values", make_view(all, DType::kI32, {2, 3, 12, 12})}}),
            "[nn/vit] tensor \"pixel_values\": expected F32 [B,3,12,12], found I32 [2,3,12,12]");
  EXPECT_EQ(message({{"pixel_values", make_view(all, DType::kF32, {2, 3, 12, 12})}}), "none");
}

TEST(TorchLibrary, TellsAnUnknownFactory) {
  const auto missing = load_network("sextant_torch_nothing", original());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("sextant_torch_nothing"));
}

}  // namespace
}  // namespace sextant::nn
