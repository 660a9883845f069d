// The training loop: batches in, weights out, and nothing lost in between.
//
// A step reads a batch (in `accumulate` parts), adds up the gradients of the loss divided by the
// targets of the whole batch, clips, updates, and moves the average. Everything a step depends on
// is in the checkpoint or follows from the recipe and the step's number, so a resumed run gives the
// same bits as one that was never stopped (same machine, same number of threads).
#pragma once

#include <memory>

#include "sextant/train/checkpoint_store.h"
#include "sextant/train/engine.h"
#include "sextant/train/loader.h"
#include "sextant/train/run_log.h"
#include "sextant/train/run_state.h"
#include "sextant/train/task.h"

namespace sextant::train {

class Trainer {
 public:
  static Result<std::unique_ptr<Trainer>> create(const Recipe& recipe, const RunOptions& options,
                                                 const Context& context);

  // Runs to the recipe's last step or until the context is cancelled; writes checkpoints, logs, and
  // at the end the model's folder.
  Result<RunResult> run();

 private:
  Trainer(const Recipe& recipe, const RunOptions& options, const Context& context,
          std::unique_ptr<Task> task, Optimizer optimizer);

  struct StepResult {
    double loss = 0;
    double grad_norm = 0;
    int64_t targets = 0;
  };

  Result<void> resume();
  Result<StepResult> step(const Batch& batch);
  Result<void> loop(RunResult& result);
  Result<void> after_step(const StepResult& done, RunResult& result);
  void record(const StepResult& done);
  void begin_interval();
  Result<void> save();
  Result<void> evaluate(RunResult& result);
  Result<void> export_model(RunResult& result);

  const Recipe& recipe_;
  RunOptions options_;
  const Context& context_;
  torch::Device device_;
  std::unique_ptr<Task> task_;
  Optimizer optimizer_;
  Average average_;
  RunState state_;
  CheckpointStore checkpoints_;
  std::optional<RunLog> log_;
  std::unique_ptr<Loader> loader_;
  int64_t last_saved_ = -1;
  bool disk_was_full_ = false;
  double run_began_ = 0;       // seconds of the clock, moved back by earlier lives
  double interval_began_ = 0;  // for speed between two records
  int64_t interval_targets_ = 0;
  int64_t interval_steps_ = 0;
};

}  // namespace sextant::train
