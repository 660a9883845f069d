// The one symbol that libsextant_torch is opened for, and the border where LibTorch's exceptions
// become errors.
#include <torch/torch.h>
#include <torch/version.h>

#include "sextant/train/engine.h"
#include "sextant/train/trainer.h"

namespace sextant::train {
namespace {

Failure from_exception(const std::exception& e) {
  if (const auto* own = dynamic_cast<const SextantError*>(&e)) {
    return Failure(own->error());
  }
  if (const auto* torch = dynamic_cast<const c10::Error*>(&e)) {
    return fail(ErrorCode::kInternal, "[train/engine] LibTorch: {}",
                printable(torch->what_without_backtrace(), 1000));
  }
  if (dynamic_cast<const std::bad_alloc*>(&e) != nullptr) {
    return fail(ErrorCode::kResourceExhausted, "[train/engine] out of memory");
  }
  return fail(ErrorCode::kInternal, "[train/engine] {}", printable(e.what(), 1000));
}

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
      return from_exception(e);
    }
  }
};

}  // namespace
}  // namespace sextant::train

extern "C" const sextant::train::TorchEngine* sextant_torch_engine() {
  static const sextant::train::Engine kEngine;
  return &kEngine;
}
