#include "sextant/train/task.h"

namespace sextant::train {
namespace {

Failure unknown_task(const Recipe& recipe) {
  return fail(ErrorCode::kUnsupported, "[train/task] task {}: not built yet", recipe.task);
}

}  // namespace

Result<std::unique_ptr<Task>> make_task(const Recipe& recipe, torch::Device device) {
  if (recipe.task == "language-model") {
    return make_language_model_task(recipe, device);
  }
  return unknown_task(recipe);
}

Result<TaskTables> task_tables(const Recipe& recipe) {
  if (recipe.task == "language-model") {
    return language_model_tables(recipe);
  }
  return unknown_task(recipe);
}

}  // namespace sextant::train
