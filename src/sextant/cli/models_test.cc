#include "sextant/cli/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>

namespace sextant::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Models : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ =
        fs::path(::testing::TempDir()) /
        (std::string("models_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
    put("first/mine.gguf", 100);
    put("first/notes.txt", 5);
    put("first/empty/readme", 5);
    put("second/mine.gguf", 7);
    put("second/stories260k/config.json", 10);
    put("second/stories260k/model.safetensors", 30);
    places_ = {{{root_ / "first", "own"}, {root_ / "second", "bundled"}, {root_ / "none", "own"}},
               root_ / "hub"};
  }
  void TearDown() override { fs::remove_all(root_); }
  void put(const fs::path& path, size_t size) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << std::string(size, 'x');
  }

  fs::path root_;
  ModelPlaces places_;
};

TEST_F(Models, AreListedOnceWithTheSizeOfTheirWeights) {
  const auto models = list_models(places_);
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].name, "mine");
  EXPECT_EQ(models[0].bytes, 100u);  // the first folder's hides the second's
  EXPECT_EQ(models[0].origin, "own");
  EXPECT_EQ(models[1].name, "stories260k");
  EXPECT_EQ(models[1].bytes, 30u);
}

TEST_F(Models, AreFoundByPathAndByName) {
  const fs::path file = root_ / "first/mine.gguf";
  EXPECT_EQ(resolve_model(file.string(), places_), file);
  EXPECT_EQ(resolve_model("mine", places_), file);
  EXPECT_EQ(resolve_model("stories260k", places_), root_ / "second/stories260k");
}

TEST_F(Models, MissingOnesSayWhatToRun) {
  auto found = resolve_model("smollm2-135m", places_);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(found.error().message, "[cli/models] smollm2-135m: not on this machine");
  EXPECT_THAT(found.error().hint, HasSubstr("`make setup`"));
  found = resolve_model("mien", places_);
  EXPECT_THAT(found.error().hint, HasSubstr("did you mean mine?"));
  found = resolve_model("nothing/like/it.gguf", places_);
  EXPECT_THAT(found.error().message, HasSubstr("expected a file, a folder or the name of a model"));
  EXPECT_THAT(found.error().hint, HasSubstr("`sextant list`"));
  found = resolve_model((root_ / "first/mein.gguf").string(), places_);
  EXPECT_THAT(found.error().message, HasSubstr("expected a file, a folder or the name of a model"));
  EXPECT_FALSE(resolve_model("", places_));
}

TEST_F(Models, OfTheHubCacheAreFoundByTheirId) {
  const auto cache = [this](const std::string& name, const fs::path& file) {
    const fs::path model = fs::path("hub") / ("models--org--" + name);
    fs::create_directories(root_ / model / "refs");
    std::ofstream(root_ / model / "refs/main") << std::string(40, 'a');
    put(model / "snapshots" / std::string(40, 'a') / file, 50);
    return root_ / model / "snapshots" / std::string(40, 'a');
  };
  const fs::path folder = cache("plain", "config.json");
  const fs::path single = cache("single", "x-q8.gguf");
  const fs::path several = cache("several", "a.gguf");
  cache("several", "b.gguf");
  cache("data", "table.csv");
  EXPECT_EQ(resolve_model("org/plain", places_), folder);
  EXPECT_EQ(resolve_model("org/single", places_), single / "x-q8.gguf");
  auto found = resolve_model("org/several", places_);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message,
              HasSubstr("expected a config.json or one .gguf file, found 2"));
  EXPECT_THAT(found.error().hint, HasSubstr("name one of them by its path: " + several.string()));
  EXPECT_FALSE(resolve_model("org/data", places_));
  found = resolve_model("org/absent", places_);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  std::vector<std::string> names;
  for (const ModelEntry& entry : list_models(places_)) {
    names.push_back(entry.name);
  }
  EXPECT_THAT(names, ElementsAre("mine", "org/plain", "org/single", "stories260k"));
}

TEST_F(Models, FoldersFollowTheEnvironment) {
  setenv("SEXTANT_MODELS", "/a", 1);
  setenv("XDG_DATA_HOME", "/b", 1);
  auto folders = model_places().folders;
  EXPECT_EQ(folders.front().path, "/a");
  EXPECT_EQ(folders.back().path, "/b/sextant/models");
  unsetenv("SEXTANT_MODELS");
  unsetenv("XDG_DATA_HOME");
  setenv("HOME", "/c", 1);
  folders = model_places().folders;
  EXPECT_EQ(folders.back().path, "/c/.local/share/sextant/models");
  EXPECT_EQ(folders.size(), 3u);
}

TEST_F(Models, TheDefaultIsAKnownOne) {
  EXPECT_TRUE(std::any_of(known_models().begin(), known_models().end(),
                          [](const KnownModel& known) { return known.name == kDefaultModel; }));
}

}  // namespace
}  // namespace sextant::cli
