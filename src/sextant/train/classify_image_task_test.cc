#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/media/image.h"
#include "sextant/nn/image_classifier.h"
#include "sextant/train/sha256.h"
#include "sextant/train/trainer.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kSide = 8;
constexpr int kPictures = 40;

// Picture i: grey noise, with a light left (even i) or right half (odd i).
std::string pixels(int i) {
  std::string out;
  for (int at = 0; at < kSide * kSide; ++at) {
    const bool light = (at % kSide < kSide / 2) == (i % 2 == 0);
    out += static_cast<char>((light ? 180 : 20) + (i * 31 + at * 17) % 60);
  }
  return out;
}

std::string idx(const std::vector<uint32_t>& extents, const std::string& values) {
  std::string out = {0, 0, 8, static_cast<char>(extents.size())};
  for (const uint32_t extent : extents) {
    out += {0, 0, static_cast<char>(extent >> 8), static_cast<char>(extent)};
  }
  return out + values;
}

class ClassifyImageTask : public ::testing::Test {
 protected:
  ClassifyImageTask() {
    std::string images, labels;
    for (int i = 0; i < kPictures; ++i) {
      images += pixels(i);
      labels += static_cast<char>(i % 2);
    }
    folder_.write("images", idx({kPictures, kSide, kSide}, images));
    folder_.write("labels", idx({kPictures}, labels));
    folder_.write("r.toml", R"(task = "classify-image"
steps = 12
batch = 8
log_every = 1
seed = 4
checkpoint = { every = 6 }
model = { image = 8, patch = 4, dim = 16, layers = 2, heads = 2, ffn = 32 }
optimizer = { lr = 1e-2 }
[data]
images = "images"
labels = "labels"
held_out_images = "images"
held_out_labels = "labels"
class_names = ["left", "right"]
)");
  }

  Result<RunResult> run(const std::string& output, const std::vector<std::string>& settings = {},
                        const std::string& recipe_file = "r.toml") {
    const Recipe recipe = value_or_throw(load_recipe(folder_ / recipe_file, settings));
    ThreadPool pool(2);
    const Context context{pool};
    SEXTANT_TRY(const auto trainer,
                Trainer::create(recipe, {folder_ / output, "auto", "cpu"}, context));
    return trainer->run();
  }

  std::string message(const std::vector<std::string>& settings,
                      const std::string& recipe_file = "r.toml") {
    const auto failed = run("x", settings, recipe_file);
    return failed ? "no error" : failed.error().message;
  }

  std::string weights(const std::string& output) {
    return value_or_throw(sha256_of_file(folder_ / (output + "/model/model.safetensors")));
  }

  // The same pictures in a folder of folders.
  void write_folders(const std::string& name) {
    for (int i = 0; i < kPictures; ++i) {
      const std::string grey = pixels(i);
      media::Image image{.width = kSide, .height = kSide, .channels = 1};
      image.pixels.assign(grey.begin(), grey.end());
      const auto png = media::encode_png(image);
      folder_.write(name + (i % 2 == 0 ? "/left/" : "/right/") + std::to_string(i) + ".png",
                    {reinterpret_cast<const char*>(png.data()), png.size()});
    }
  }

  test_data::TempFolder folder_;
};

TEST_F(ClassifyImageTask, LearnsAndExportsAClassifier) {
  const auto result = run("a", {"steps=40", "data.flip=0"});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->metrics["accuracy"], 1.0);
  EXPECT_EQ(result->metrics["accuracy/left"], 1.0);
  EXPECT_LT(result->metrics["loss"].get<double>(), 0.2);

  const auto classifier = nn::ImageClassifier::load(folder_ / "a/model");
  ASSERT_TRUE(classifier) << classifier.error().describe();
  EXPECT_THAT(classifier->labels(), ElementsAre("left", "right"));
  media::Image image{.width = kSide, .height = kSide, .channels = 1};
  const std::string grey = pixels(3);
  image.pixels.assign(grey.begin(), grey.end());
  ThreadPool pool(1);
  const auto logits =
      classifier->logits(value_or_throw(classifier->prepare(image)), 1, Context{pool});
  ASSERT_TRUE(logits);
  EXPECT_LT((*logits)[0], (*logits)[1]);
}

TEST_F(ClassifyImageTask, MeasuresAsManySamplesAsAreAsked) {
  const auto result = run("a", {"steps=1", "eval.samples=1"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->metrics["accuracy/right"], 0.0);  // the first picture is a left one
  EXPECT_EQ(result->metrics["accuracy"], result->metrics["accuracy/left"]);
}

TEST_F(ClassifyImageTask, MixedBatchesFollowFromTheSeed) {
  const std::vector<std::string> mixed = {"data.mixup=0.4", "data.cutmix=1.0",
                                          "label_smoothing=0.1"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), mixed.begin(), mixed.end());
    return more;
  };
  ASSERT_TRUE(run("a", with({})));
  ASSERT_TRUE(run("b", with({"workers=3", "checkpoint.every=5"})));
  EXPECT_EQ(weights("a"), weights("b"));
  ASSERT_TRUE(run("plain", {"label_smoothing=0.1"}));
  EXPECT_NE(weights("a"), weights("plain"));
  ASSERT_TRUE(run("parts", with({"accumulate=4"})));  // mixed before it is cut
  // A run that is cut off goes on to the same bits.
  ASSERT_TRUE(run("cut", with({})));
  fs::remove_all(folder_ / "cut/checkpoints/step-00000012");
  fs::remove_all(folder_ / "cut/model");
  const auto resumed = run("cut", with({}));
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->first_step, 6);
  EXPECT_EQ(weights("a"), weights("cut"));
}

TEST_F(ClassifyImageTask, RecomputingChangesNoBit) {
  ASSERT_TRUE(run("a"));
  ASSERT_TRUE(run("b", {"recompute=true"}));
  EXPECT_EQ(weights("a"), weights("b"));
}

TEST_F(ClassifyImageTask, ReadsFoldersOfPictures) {
  write_folders("train");
  write_folders("test");
  folder_.write("f.toml", R"(task = "classify-image"
steps = 40
batch = 8
model = { image = 8, patch = 4, channels = 3, dim = 16, layers = 2, heads = 2, ffn = 32 }
data = { folder = "train", held_out_folder = "test", resize = 9, resized_crop = [0.8, 1.0] }
optimizer = { lr = 1e-2 }
)");
  const auto result = run("f", {}, "f.toml");
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->metrics["accuracy"], 1.0);
  const auto processor = nn::read_processor(folder_ / "f/model", 3);
  ASSERT_TRUE(processor);
  EXPECT_EQ(processor->shorter, 9);
  EXPECT_EQ(processor->size, 8);
  EXPECT_THAT(message({"model.channels=1"}, "f.toml"),
              HasSubstr("expected [1,8,8] as model.channels and model.image say, found [3,8,8]"));
  fs::rename(folder_ / "test/left", folder_ / "test/up");
  EXPECT_THAT(message({}, "f.toml"), HasSubstr("expected the same in folder and held_out_folder"));
}

TEST_F(ClassifyImageTask, RefusesWhatDoesNotFit) {
  EXPECT_THAT(message({"model.image=12"}),
              HasSubstr("expected [1,12,12] as model.channels and model.image say, found [1,8,8]"));
  EXPECT_THAT(message({"data.class_names=[\"one\"]"}), HasSubstr("expected 0 to 0, found 1"));
  EXPECT_THAT(message({"data.class_names=[]"}), HasSubstr("expected class_names with idx files"));
  EXPECT_THAT(message({"data.images=\"\""}), HasSubstr("expected either images, labels"));
  EXPECT_THAT(message({"data.folder=\"a\"", "data.held_out_folder=\"b\""}),
              HasSubstr("expected either images, labels"));
  EXPECT_THAT(message({"data.resized_crop=[0.5, 1.0]"}), HasSubstr("with folders"));
  EXPECT_THAT(message({"data.std=[0.0]"}), HasSubstr("[train/pixels] std_dev"));
  EXPECT_THAT(message({"data.mixups=1"}), HasSubstr("data: mixups: unknown key"));
  EXPECT_THAT(message({"data.images=\"none\""}), HasSubstr("none"));
}

}  // namespace
}  // namespace sextant::train
