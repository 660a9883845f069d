// What a training recipe says: the settings of the loop, and the tables of model and data that the
// chosen task reads.
//
//   SEXTANT_TRY(auto recipe, load_recipe("recipes/micro-gpt-gelu.toml", {"steps=50"}));
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/base/settings.h"

namespace sextant::train {

// Parameters whose name matches `pattern` (* for any run of characters); the first group that
// matches counts.
struct GroupConfig {
  std::string pattern = "*";
  double lr_scale = 1;
  double weight_decay = 0;
  bool frozen = false;
};

struct OptimizerConfig {
  std::string name = "adamw";  // or "sgd"
  double lr = 1e-3;
  double weight_decay = 0.01;
  double beta1 = 0.9;  // adamw
  double beta2 = 0.999;
  double eps = 1e-8;
  double momentum = 0;  // sgd
  bool nesterov = false;
  std::vector<GroupConfig> groups;
};

// The factor on the learning rate: 0 to 1 over `warmup` steps, then from 1 to `final` at the last
// step.
struct ScheduleConfig {
  std::string kind = "cosine";  // "linear", "constant", "poly"
  int64_t warmup = 0;
  double final = 0;
  double power = 1;  // poly
};

struct ClipConfig {
  double norm = 0;         // of all gradients together; 0: off
  int64_t start_step = 0;  // steps before are not clipped
};

struct EmaConfig {
  double decay = 0;  // 0: off
};

struct CheckpointConfig {
  int64_t every = 500;  // steps; the last step is always kept
  int64_t keep = 3;
};

struct EvalConfig {
  int64_t every = 0;    // steps; 0: at the end only
  int64_t samples = 0;  // held-out samples; 0: all
};

struct Recipe {
  std::string task;  // "language-model", ...
  uint64_t seed = 0;
  int64_t steps = 1000;
  int64_t batch = 16;      // samples a step, over all ranks and accumulated parts
  int64_t accumulate = 1;  // parts that a step's batch is computed in
  int64_t log_every = 10;
  int64_t workers = 1;
  double label_smoothing = 0;
  bool recompute = false;  // activation checkpointing
  std::string precision = "f32";
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  ClipConfig clip;
  EmaConfig ema;
  CheckpointConfig checkpoint;
  EvalConfig eval;
  Json model = Json::object();
  Json data = Json::object();
  // Where relative paths of the data table begin.
  std::filesystem::path folder;
  // Every setting in force, for --dump-config and for the run's folder.
  OrderedJson in_force;
};

// A recipe file with `settings` ("key=value") over it. Errors: those of the file, of its TOML, and
// of Settings; the tables of model and data are read by the task.
Result<Recipe> load_recipe(const std::filesystem::path& path,
                           std::span<const std::string> settings);

// The factor on the learning rate at `step` (0-based) of `steps`.
double schedule_factor(const ScheduleConfig& schedule, int64_t step, int64_t steps);

}  // namespace sextant::train
