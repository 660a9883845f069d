// The trainer as libsextant_torch exports it.
#include <torch/torch.h>
#include <torch/version.h>

#include "sextant/nn/torch_errors.h"
#include "sextant/train/engine.h"
#include "sextant/train/trainer.h"

namespace sextant::train {
namespace {

class Engine : public TorchEngine {
 public:
  std::string torch_version() const override { return TORCH_VERSION; }

  Result<OrderedJson> describe(const Recipe& recipe) const override {
    SEXTANT_TRY(TaskTables tables, task_tables(recipe));
    OrderedJson settings = recipe.in_force;
    settings["model"] = std::move(tables.model);
    settings["data"] = std::move(tables.data);
    return settings;
  }

  Result<RunResult> train(const Recipe& recipe, const RunOptions& options,
                          const Context& context) const override {
    try {
      Recipe whole = recipe;
      SEXTANT_TRY(whole.in_force, describe(recipe));
      SEXTANT_TRY(const auto trainer, Trainer::create(whole, options, context));
      return trainer->run();
    } catch (const std::exception& e) {
      return nn::from_exception(e, "train/engine");
    }
  }
};

}  // namespace
}  // namespace sextant::train

extern "C" const sextant::train::TorchEngine* sextant_torch_engine() {
  static const sextant::train::Engine kEngine;
  return &kEngine;
}
