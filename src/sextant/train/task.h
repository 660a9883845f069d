// What a run trains: a network, its data, its loss and its measure. One file a task
// (language_model_task.cc, ...); the loop (trainer.h) knows only this.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <torch/torch.h>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/train/config.h"
#include "sextant/train/dataset.h"

namespace sextant::train {

class Task {
 public:
  virtual ~Task() = default;

  virtual torch::nn::Module& network() = 0;
  virtual const Dataset& training_data() const = 0;

  // Targets of a batch: what a mean is taken over (labels that are not ignored; samples).
  virtual int64_t targets(const std::vector<torch::Tensor>& fields) const = 0;

  // Changes the batch at `position` of the run as a whole, before it is cut into parts: mixing of
  // its samples. A pure function of the recipe's seed and the position.
  virtual void augment(std::vector<torch::Tensor>& /*fields*/, int64_t /*position*/) const {}

  // Sum of the loss over the batch's targets, a scalar with a graph. `fields` in the order of the
  // data set, [B, ...] each, on the network's device.
  virtual torch::Tensor loss_sum(const std::vector<torch::Tensor>& fields) = 0;

  // Measures on held-out data, `samples` of them or (0) all: {"loss": ..., "accuracy": ...}.
  virtual Result<OrderedJson> evaluate(int64_t samples, const Context& context) = 0;

  // The files of a model folder beside model.safetensors: config.json, tokenizer files.
  virtual Result<void> write_model_files(const std::filesystem::path& folder) const = 0;
};

// Reads the recipe's tables of model and data, opens the data and makes a network with fresh
// weights (or those that the recipe begins from).
Result<std::unique_ptr<Task>> make_task(const Recipe& recipe, torch::Device device);

// The same tables with every setting in force; opens nothing.
struct TaskTables {
  OrderedJson model, data;
};
Result<TaskTables> task_tables(const Recipe& recipe);

Result<std::unique_ptr<Task>> make_language_model_task(const Recipe& recipe, torch::Device device);
Result<TaskTables> language_model_tables(const Recipe& recipe);
Result<std::unique_ptr<Task>> make_classify_image_task(const Recipe& recipe, torch::Device device);
Result<TaskTables> classify_image_tables(const Recipe& recipe);

Result<std::unique_ptr<Task>> make_classify_text_task(const Recipe& recipe, torch::Device device);
Result<TaskTables> classify_text_tables(const Recipe& recipe);

}  // namespace sextant::train
