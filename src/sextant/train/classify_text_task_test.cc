#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/train/trainer.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kRows =
    "label\tsentence\n"
    "1\ta warm , funny , engaging film .\n"
    "0\tlong , dull and far too loud .\n"
    "1\tit is very good and i like the cat .\n"
    "0\tthe film was not funny and not good .\n"
    "1\tone of the best films of the year .\n"
    "0\tbad .\n";

class ClassifyTextTest : public ::testing::Test {
 protected:
  void use(const fs::path& base) {
    folder_.write("train.tsv", kRows);
    folder_.write("held_out.tsv", std::string("label\tcontent\n") + (std::strchr(kRows, '\n') + 1));
    folder_.write(
        "r.toml",
        "task = \"classify-text\"\nsteps = 20\nbatch = 4\n"
        "optimizer = { lr = 1e-3 }\nschedule = { kind = \"constant\" }\n"
        "[model]\nfrom = \"" +
            base.string() +
            "\"\n[data]\n"
            "train = \"train.tsv\"\nheld_out = \"held_out.tsv\"\nheld_out_text = \"content\"\n"
            "labels = [\"bad\", \"good\"]\nmax_length = 24\n");
  }
  void use_tiny() {
    // The encoder of the goldens; its head has three classes.
    const fs::path tiny = test_data::repository("tests/parity/lm/bert");
    for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
      folder_.write(std::string("base/") + name, test_data::read(tiny / name));
    }
    use("base");
  }

  Result<RunResult> run(const std::string& output, const std::vector<std::string>& settings = {}) {
    SEXTANT_TRY(Recipe recipe, load_recipe(folder_ / "r.toml", settings));
    SEXTANT_TRY(const TaskTables tables, task_tables(recipe));
    recipe.in_force["model"] = tables.model;
    recipe.in_force["data"] = tables.data;
    ThreadPool pool(2);
    const Context context{pool};
    SEXTANT_TRY(const auto trainer,
                Trainer::create(recipe, {folder_ / output, "auto", "cpu"}, context));
    return trainer->run();
  }

  std::string error_of(const std::vector<std::string>& settings) {
    const auto result = run("x", settings);
    return result ? "no error" : result.error().message;
  }

  test_data::TempFolder folder_;
};

const std::vector<std::string> kThreeClasses = {"data.labels=[\"bad\", \"good\", \"mixed\"]"};

TEST_F(ClassifyTextTest, LearnsAndExports) {
  use_tiny();
  auto settings = kThreeClasses;
  settings.emplace_back("steps=80");
  const auto result = run("a", settings);
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_GE(result->metrics["accuracy"].get<double>(), 5.0 / 6);
  EXPECT_LT(result->metrics["loss"].get<double>(), 0.69);
  const Json config =
      value_or_throw(parse_json(test_data::read(folder_ / "a/model/config.json"), "config"));
  EXPECT_EQ(config["id2label"]["1"], "good");
  EXPECT_EQ(config["architectures"][0], "BertForSequenceClassification");
}

// Dropout follows a generator that checkpoints keep.
TEST_F(ClassifyTextTest, AResumedRunGivesTheBitsOfTheWholeOne) {
  use_tiny();
  auto settings = kThreeClasses;
  settings.emplace_back("checkpoint.every=10");
  ASSERT_TRUE(run("whole", settings));
  ASSERT_TRUE(run("cut", settings));
  fs::remove_all(folder_ / "cut/checkpoints/step-00000020");
  fs::remove_all(folder_ / "cut/model");
  const auto resumed = run("cut", settings);
  ASSERT_TRUE(resumed) << resumed.error().describe();
  EXPECT_EQ(resumed->first_step, 10);
  EXPECT_EQ(test_data::read(folder_ / "whole/model/model.safetensors"),
            test_data::read(folder_ / "cut/model/model.safetensors"));
}

TEST_F(ClassifyTextTest, SaysWhatIsWrongWithARecipe) {
  use_tiny();
  EXPECT_THAT(error_of({}), HasSubstr("classifier.weight"));  // three classes in the file
  EXPECT_THAT(error_of({"data.labels=[\"good\"]"}), HasSubstr("at least two classes"));
  EXPECT_THAT(error_of({"data.train=none.tsv"}), HasSubstr("none.tsv"));
  EXPECT_THAT(error_of({"model.from=\"\""}), HasSubstr("the folder of a BERT-form model"));
  EXPECT_THAT(error_of({"model.from=nowhere"}), HasSubstr("expected config.json in"));
  EXPECT_THAT(error_of({"model.form=bert"}), HasSubstr("form"));
  EXPECT_THAT(error_of({"data.max_length=400"}), HasSubstr("24 positions, found 400"));
  EXPECT_THAT(error_of({"data.text=words"}), HasSubstr("words"));
  EXPECT_THAT(error_of({"recompute=true"}), HasSubstr("model.dropout"));
}

}  // namespace
}  // namespace sextant::train
