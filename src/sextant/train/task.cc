#include "sextant/train/task.h"

#include <algorithm>
#include <array>

namespace sextant::train {
namespace {

struct TaskKind {
  std::string_view name;
  Result<std::unique_ptr<Task>> (*make)(const Recipe&, torch::Device);
  Result<TaskTables> (*tables)(const Recipe&);
};

// The names that config.cc allows.
constexpr std::array kKinds = {
    TaskKind{"language-model", make_language_model_task, language_model_tables},
    TaskKind{"classify-text", make_classify_text_task, classify_text_tables},
    TaskKind{"classify-image", make_classify_image_task, classify_image_tables},
};

const TaskKind& kind_of(const Recipe& recipe) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const TaskKind& kind) { return kind.name == recipe.task; });
  SEXTANT_CHECK(found != kKinds.end(), "task {} is allowed but not built", recipe.task);
  return *found;
}

}  // namespace

Result<std::unique_ptr<Task>> make_task(const Recipe& recipe, torch::Device device) {
  return kind_of(recipe).make(recipe, device);
}

Result<TaskTables> task_tables(const Recipe& recipe) { return kind_of(recipe).tables(recipe); }

}  // namespace sextant::train
