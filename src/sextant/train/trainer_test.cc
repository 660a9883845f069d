#include "sextant/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/safetensors.h"
#include "sextant/train/sha256.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

// A small model on the beginning of a real text.
class TrainerTest : public ::testing::Test {
 protected:
  TrainerTest() {
    folder_.write(
        "text.txt",
        test_data::read(test_data::repository("models/texts/persuasion.txt")).substr(0, 6000));
    folder_.write("r.toml", R"(task = "language-model"
steps = 10
batch = 4
log_every = 1
checkpoint = { every = 5, keep = 2 }
model = { dim = 16, layers = 2, heads = 2, ffn = 32, context = 24 }
data = { paths = ["text.txt"], held_out_tail = 0.1 }
optimizer = { lr = 1e-2 }
schedule = { warmup = 2 }
clip = { norm = 1.0, start_step = 2 }
ema = { decay = 0.9 }
)");
  }

  Result<RunResult> run(const std::string& output, const std::vector<std::string>& settings = {},
                        const CancelToken* cancel = nullptr, const std::string& resume = "auto") {
    const Recipe recipe = value_or_throw(load_recipe(folder_ / "r.toml", settings));
    ThreadPool pool(2);
    Context context{pool};
    context.cancel = cancel;
    SEXTANT_TRY(const auto trainer,
                Trainer::create(recipe, {folder_ / output, resume, "cpu"}, context));
    return trainer->run();
  }

  std::string weights(const std::string& output) {
    return value_or_throw(sha256_of_file(folder_ / (output + "/model/model.safetensors")));
  }

  std::vector<double> losses(const std::string& output) {
    std::vector<double> losses;
    const fs::path path = folder_ / (output + "/log.jsonl");
    const auto read = read_metrics(test_data::read(path), "log", [&](const MetricsRecord& record) {
      for (const auto& [name, value] : record.figures) {
        if (name == "train/loss") {
          losses.push_back(value);
        }
      }
    });
    EXPECT_TRUE(read);
    return losses;
  }

  test_data::TempFolder folder_;
};

TEST_F(TrainerTest, LearnsAndExports) {
  const auto result = run("a", {"steps=60", "schedule.kind=constant"});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->steps, 60);
  EXPECT_FALSE(result->cancelled);
  const auto trace = losses("a");
  ASSERT_EQ(trace.size(), 60u);
  EXPECT_NEAR(trace.front(), std::log(256.0), 0.1);  // knows nothing
  EXPECT_LT(trace.back(), 3.6);                      // knows which letters are common
  EXPECT_LT(result->metrics["loss"].get<double>(), 4);
  const auto source = io::open_safetensors(folder_ / "a/model/model.safetensors");
  ASSERT_TRUE(source);
  EXPECT_TRUE((*source)->view("transformer.h.1.mlp.c_fc.weight"));
  EXPECT_TRUE(fs::exists(folder_ / "a/model/config.json"));
  EXPECT_TRUE(fs::exists(folder_ / "a/model/tokenizer.json"));
  EXPECT_TRUE(fs::exists(folder_ / "a/curves.svg"));
}

TEST_F(TrainerTest, TheSameRecipeGivesTheSameBits) {
  ASSERT_TRUE(run("a"));
  ASSERT_TRUE(run("b", {"workers=3", "log_every=5", "checkpoint.every=3"}));
  EXPECT_EQ(weights("a"), weights("b"));
  ASSERT_TRUE(run("c", {"seed=2"}));
  EXPECT_NE(weights("a"), weights("c"));
}

TEST_F(TrainerTest, AResumedRunGivesTheBitsOfTheWholeOne) {
  ASSERT_TRUE(run("whole"));
  // The schedule depends on the number of steps, so the run is cut by removing what came later.
  ASSERT_TRUE(run("cut"));
  fs::remove_all(folder_ / "cut/checkpoints/step-00000010");
  fs::remove_all(folder_ / "cut/model");
  const auto resumed = run("cut");
  ASSERT_TRUE(resumed) << resumed.error().describe();
  EXPECT_EQ(resumed->first_step, 5);
  EXPECT_EQ(weights("whole"), weights("cut"));
  EXPECT_EQ(losses("whole"), losses("cut"));
}

TEST_F(TrainerTest, StopsAndSavesWhenCancelled) {
  CancelToken cancel;
  cancel.cancel();
  const auto stopped = run("a", {}, &cancel);
  ASSERT_TRUE(stopped);
  EXPECT_TRUE(stopped->cancelled);
  EXPECT_EQ(stopped->steps, 0);
  ASSERT_TRUE(run("a"));
  ASSERT_TRUE(run("b"));
  EXPECT_EQ(weights("a"), weights("b"));
}

TEST_F(TrainerTest, AccumulatedPartsMakeTheSameStep) {
  ASSERT_TRUE(run("a"));
  ASSERT_TRUE(run("b", {"accumulate=4"}));
  const auto a = losses("a");
  const auto b = losses("b");
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], 1e-4) << i;  // sums in another order, ten updates long
  }
}

TEST_F(TrainerTest, KeepsTheNewestCheckpoints) {
  ASSERT_TRUE(run("a", {"checkpoint.every=2", "checkpoint.keep=3"}));
  std::vector<int64_t> steps;
  for (const Checkpoint& checkpoint : CheckpointStore(folder_ / "a/checkpoints").list()) {
    steps.push_back(checkpoint.step);
  }
  EXPECT_THAT(steps, ElementsAre(6, 8, 10));
}

TEST_F(TrainerTest, ANanStopsTheRunAndNamesTheStep) {
  const auto failed = run("a", {"optimizer.lr=1000", "schedule.kind=constant", "clip.norm=0",
                                "optimizer.name=sgd", "steps=200"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kDataLoss);
  EXPECT_THAT(failed.error().message, HasSubstr("[train/trainer] step "));
  EXPECT_THAT(failed.error().message, HasSubstr("the last good weights are those of step "));
}

TEST_F(TrainerTest, RefusesWhatDoesNotFit) {
  const auto message = [&](std::vector<std::string> settings, const std::string& resume = "auto") {
    const auto failed = run("x", settings, nullptr, resume);
    return failed ? "no error" : failed.error().message;
  };
  EXPECT_THAT(message({"precision=bf16"}), HasSubstr("precision bf16: expected f32 on a CPU"));
  EXPECT_THAT(message({"model.vocab=300"}), HasSubstr("model.vocab: expected 256"));
  EXPECT_THAT(message({"model.dims=3"}), HasSubstr("model: dims: unknown key"));
  EXPECT_THAT(message({"data.paths=[\"none.txt\"]"}), HasSubstr("none.txt"));
  EXPECT_THAT(message({"optimizer.groups=[{pattern=\"*.scale\"}]"}),
              HasSubstr("groups[0]: pattern \"*.scale\" matches no parameter"));
  EXPECT_THAT(message({"optimizer.groups=[{pattern=\"*\", frozen=true}]"}),
              HasSubstr("every parameter is frozen"));
  EXPECT_THAT(message({}, (folder_ / "nowhere").string()), HasSubstr("expected manifest.json"));
  ASSERT_TRUE(run("other", {"model.dim=32"}));
  EXPECT_THAT(message({}, (folder_ / "other/checkpoints/step-00000010").string()),
              HasSubstr("not in the checkpoint, or of another shape"));
}

TEST_F(TrainerTest, FrozenParametersStay) {
  ASSERT_TRUE(run("a", {"optimizer.groups=[{pattern=\"*wpe*\", frozen=true}]"}));
  ASSERT_TRUE(run("b", {"optimizer.groups=[{pattern=\"*wpe*\", frozen=true}]", "steps=1"}));
  const auto a = value_or_throw(io::open_safetensors(folder_ / "a/model/model.safetensors"));
  const auto b = value_or_throw(io::open_safetensors(folder_ / "b/model/model.safetensors"));
  const auto same = [&](const char* name) {
    const auto x = value_or_throw(a->view(name)).as<float>();
    const auto y = value_or_throw(b->view(name)).as<float>();
    return std::equal(x.begin(), x.end(), y.begin(), y.end());
  };
  EXPECT_TRUE(same("transformer.wpe.weight"));
  EXPECT_FALSE(same("transformer.wte.weight"));
}

}  // namespace
}  // namespace sextant::train
