// sextant train: a recipe to a trained model.
#include <filesystem>

#include "sextant/base/log.h"
#include "sextant/base/toml.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/verbs.h"
#include "sextant/train/engine.h"

#include <CLI/CLI.hpp>

namespace sextant::cli {
namespace {

class Train : public Verb {
 public:
  std::string_view name() const override { return "train"; }
  std::string_view summary() const override { return "Train a model from a recipe"; }
  std::string_view description() const override {
    return "Runs a TOML recipe: data, network, optimiser and schedule. Checkpoints, logs, curves "
           "and "
           "the finished model go into the output folder. A run that was stopped goes on from its "
           "newest sound checkpoint, to the same bits as if it had never stopped.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant train recipes/micro-gpt-gelu.toml", "into runs/micro-gpt-gelu"},
            {"sextant train RECIPE --set steps=50 --set optimizer.lr=3e-4", "other settings"},
            {"sextant train RECIPE --dump-config", "every setting in force, as TOML"}};
  }

  void declare(CLI::App& app) override {
    app.add_option("recipe", recipe_, "The recipe (TOML)");
    app.add_option("-o,--output", output_,
                   "The run's folder; default: runs/ and the recipe's name");
    app.add_option("--set", settings_, "key=value over the recipe's own, e.g. optimizer.lr=1e-4")
        ->take_all()
        ->allow_extra_args(false);  // what follows a value is an argument
    app.add_option("--resume", resume_,
                   "auto: the newest sound checkpoint of the folder; no: from the start; or the "
                   "folder of a checkpoint");
    app.add_option("--device", device_, "cpu, cuda or cuda:N");
    app.add_flag("--dump-config", dump_, "Print every setting in force and stop");
    add_json(app, json_);
  }

  Result<void> run(Session& session) override {
    if (recipe_.empty()) {
      return fail_with_hint(ErrorCode::kInvalidArgument,
                            "[cli] train: expected a recipe, found none", "recipes/ has some");
    }
    SEXTANT_TRY(const train::Recipe recipe, train::load_recipe(recipe_, settings_));
    SEXTANT_TRY(const train::TorchEngine* engine, train::torch_engine());
    SEXTANT_TRY(const OrderedJson settings, engine->describe(recipe));
    if (dump_) {
      session.out().write(write_toml(settings));
      return {};
    }
    const std::filesystem::path output =
        output_.empty() ? std::filesystem::path("runs") / std::filesystem::path(recipe_).stem()
                        : std::filesystem::path(output_);
    SEXTANT_TRY(const train::RunResult result,
                engine->train(recipe, {.output = output, .resume = resume_, .device = device_},
                              session.context(recipe.seed)));
    if (result.cancelled) {
      return fail_with_hint(ErrorCode::kCancelled,
                            format("[cli] train: stopped at step {} of {}, which is saved",
                                   result.steps, recipe.steps),
                            "the same command goes on from there");
    }
    print(session, output, result);
    return {};
  }

 private:
  void print(Session& session, const std::filesystem::path& output,
             const train::RunResult& result) const {
    if (json_) {
      print_json(session.out(), {{"steps", result.steps},
                                 {"first_step", result.first_step},
                                 {"metrics", result.metrics},
                                 {"model", result.model.string()},
                                 {"output", output.string()}});
      return;
    }
    for (const auto& [name, value] : result.metrics.items()) {
      session.out().line("{:<14} {}", name, value.dump());
    }
    session.out().line("{:<14} {}", "model", result.model.string());
  }

  std::string recipe_, output_;
  std::vector<std::string> settings_;
  std::string resume_ = "auto";
  std::string device_ = "cpu";
  bool dump_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_train() { return std::make_unique<Train>(); }

}  // namespace sextant::cli
