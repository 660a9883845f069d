// The way from code without LibTorch to libsextant_torch, which is opened on first use: a program
// that only generates text never pays for it.
#pragma once

#include <filesystem>
#include <string>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/train/config.h"

namespace sextant::train {

struct RunOptions {
  std::filesystem::path output;  // the run's folder; made if it is not there
  std::string resume =
      "auto";  // "auto": the newest sound checkpoint, "no", or a checkpoint's folder
  std::string device = "cpu";  // or "cuda", "cuda:1"
};

struct RunResult {
  int64_t first_step = 0;  // where this call began: 0, or the step of the checkpoint
  int64_t steps = 0;       // done in all
  bool cancelled = false;
  OrderedJson metrics;          // of the last evaluation
  std::filesystem::path model;  // the exported folder; empty where the run did not end
};

class TorchEngine {
 public:
  virtual ~TorchEngine() = default;

  virtual std::string torch_version() const = 0;

  // The recipe with the settings of its model and data tables filled in; reads no data.
  virtual Result<OrderedJson> describe(const Recipe& recipe) const = 0;

  // Trains and exports. Errors: of the recipe, its data, the disk; kInternal for a failure inside
  // LibTorch; kDataLoss for a loss that is not a number, naming the step.
  virtual Result<RunResult> train(const Recipe& recipe, const RunOptions& options,
                                  const Context& context) const = 0;
};

// Opens libsextant_torch (nn/torch_library.h); safe from several threads.
Result<const TorchEngine*> torch_engine();

}  // namespace sextant::train
