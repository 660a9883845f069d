// What a run writes about itself, in its folder: log.jsonl (train/metrics_log.h), TensorBoard's
// event files, and at the end curves.svg.
#pragma once

#include <filesystem>
#include <span>

#include "sextant/base/error.h"
#include "sextant/train/metrics_log.h"
#include "sextant/train/tensorboard.h"

namespace sextant::train {

class RunLog {
 public:
  // Records behind `resumed_step` are those of an earlier life and go; negative: a new run. The
  // folder is there. Errors: those of the two logs.
  static Result<RunLog> open(const std::filesystem::path& folder, int64_t resumed_step);

  // {"train/loss", 2.25}, ... of a step; `time` in seconds since the run began.
  void write(int64_t step, double time, std::span<const Figure> figures);

  // Draws the curves of all that was written; nothing where that is nothing.
  Result<void> draw() const;

 private:
  RunLog(std::filesystem::path folder, MetricsLog lines, TensorBoardLog events)
      : folder_(std::move(folder)), lines_(std::move(lines)), events_(std::move(events)) {}

  std::filesystem::path folder_;
  MetricsLog lines_;
  TensorBoardLog events_;
};

}  // namespace sextant::train
