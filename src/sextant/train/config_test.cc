#include "sextant/train/config.h"

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace sextant::train {
namespace {

Result<Recipe> read(std::string_view text, std::vector<std::string> settings = {}) {
  const test_data::TempFolder folder;
  return load_recipe(folder.write("r.toml", text), settings);
}

std::string error_of(std::string_view text, std::vector<std::string> settings = {}) {
  const auto recipe = read(text, std::move(settings));
  return recipe ? "none" : recipe.error().message;
}

TEST(Recipe, ReadsFileAndSettings) {
  const auto recipe = read(
      "task = \"language-model\"\nsteps = 10\n[optimizer]\nlr = 0.5\n[[optimizer.groups]]\n"
      "pattern = \"*.bias\"\n[model]\nform = \"opt\"\n",
      {"steps=20", "optimizer.name=sgd", "optimizer.momentum=0.9", "model.dim=64"});
  ASSERT_TRUE(recipe) << recipe.error().message;
  EXPECT_EQ(recipe->steps, 20);
  EXPECT_EQ(recipe->optimizer.momentum, 0.9);
  EXPECT_EQ(recipe->optimizer.groups.at(0).pattern, "*.bias");
  EXPECT_EQ(recipe->model, Json::parse(R"({"form": "opt", "dim": 64})"));
  EXPECT_EQ(recipe->in_force["optimizer"]["lr"], 0.5);
}

TEST(Recipe, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(error_of("task = \"language-model\"\nstep = 10\n"),
            "[base/settings] r.toml: step: unknown key");
  EXPECT_EQ(
      error_of("steps = 10\n"),
      "[base/settings] r.toml: expected a task: language-model, classify-text or classify-image");
  EXPECT_EQ(error_of("task = \"language-model\"\n", {"optimizer.momentum=0.9"}),
            "[base/settings] r.toml: optimizer.momentum: unknown key");
  EXPECT_EQ(error_of("task = \"language-model\"\n", {"batch=10", "accumulate=3"}),
            "[base/settings] r.toml: expected a batch that accumulate divides");
  EXPECT_EQ(error_of("task = \"language-model\"\n[optimizer]\nname = \"sgd\"\nnesterov = true"),
            "[base/settings] r.toml: optimizer.expected a momentum with nesterov");
}

TEST(Schedule, WarmsUpAndFalls) {
  const ScheduleConfig cosine{.warmup = 3, .final = 0.1};
  EXPECT_DOUBLE_EQ(schedule_factor(cosine, 0, 103), 0.25);
  EXPECT_DOUBLE_EQ(schedule_factor(cosine, 2, 103), 0.75);
  EXPECT_DOUBLE_EQ(schedule_factor(cosine, 3, 103), 1);
  EXPECT_DOUBLE_EQ(schedule_factor(cosine, 53, 103), 0.55);
  EXPECT_NEAR(schedule_factor(cosine, 102, 103), 0.1, 1e-3);
  EXPECT_DOUBLE_EQ(schedule_factor({.kind = "linear"}, 25, 100), 0.75);
  EXPECT_DOUBLE_EQ(schedule_factor({.kind = "poly", .power = 2}, 50, 100), 0.25);
  EXPECT_DOUBLE_EQ(schedule_factor({.kind = "constant", .warmup = 1}, 99, 100), 1);
  EXPECT_DOUBLE_EQ(schedule_factor({.kind = "linear", .warmup = 100}, 100, 100), 1);
}

}  // namespace
}  // namespace sextant::train
