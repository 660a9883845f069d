#include "sextant/train/config.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sextant/base/toml.h"
#include "sextant/io/mapped_file.h"

namespace sextant::train {
namespace {

constexpr int64_t kMany = int64_t{1} << 40;

void declare(Settings& s, GroupConfig& g) {
  s.text("pattern", g.pattern);
  s.number("lr_scale", g.lr_scale, 0, 1e6);
  s.number("weight_decay", g.weight_decay, 0, 1e3);
  s.flag("frozen", g.frozen);
}

void declare(Settings& s, OptimizerConfig& o) {
  s.choice("name", o.name, {"adamw", "sgd"});
  s.number("lr", o.lr, 0, 1e3);
  s.number("weight_decay", o.weight_decay, 0, 1e3);
  if (o.name == "adamw") {
    s.number("beta1", o.beta1, 0, 1);
    s.number("beta2", o.beta2, 0, 1);
    s.number("eps", o.eps, 0, 1);
  } else {
    s.number("momentum", o.momentum, 0, 1);
    s.flag("nesterov", o.nesterov);
    s.require(!o.nesterov || o.momentum > 0, "a momentum with nesterov");
  }
  s.tables("groups", o.groups, declare);
}

void declare(Settings& s, ScheduleConfig& c) {
  s.choice("kind", c.kind, {"cosine", "linear", "constant", "poly"});
  s.integer("warmup", c.warmup, 0, kMany);
  s.number("final", c.final, 0, 1);
  if (c.kind == "poly") {
    s.number("power", c.power, 0, 100);
  }
}

void declare(Settings& s, ClipConfig& c) {
  s.number("norm", c.norm, 0, 1e9);
  s.integer("start_step", c.start_step, 0, kMany);
}

void declare(Settings& s, EmaConfig& c) { s.number("decay", c.decay, 0, 1); }

void declare(Settings& s, CheckpointConfig& c) {
  s.integer("every", c.every, 1, kMany);
  s.integer("keep", c.keep, 1, 1'000'000);
}

void declare(Settings& s, EvalConfig& c) {
  s.integer("every", c.every, 0, kMany);
  s.integer("samples", c.samples, 0, kMany);
}

void declare(Settings& s, Recipe& r) {
  s.choice("task", r.task, {"language-model", "classify-text", "classify-image"});
  s.require(!r.task.empty(), "a task: language-model, classify-text or classify-image");
  auto seed = static_cast<int64_t>(r.seed);
  s.integer("seed", seed, 0, INT64_MAX);
  r.seed = static_cast<uint64_t>(seed);
  s.integer("steps", r.steps, 1, kMany);
  s.integer("batch", r.batch, 1, 1'000'000);
  s.integer("accumulate", r.accumulate, 1, 1'000'000);
  s.require(r.batch % r.accumulate == 0, "a batch that accumulate divides");
  s.integer("log_every", r.log_every, 1, kMany);
  s.integer("workers", r.workers, 0, 64);
  s.number("label_smoothing", r.label_smoothing, 0, 1);
  s.flag("recompute", r.recompute);
  s.choice("precision", r.precision, {"f32", "bf16"});
  s.raw("model", r.model);
  s.raw("data", r.data);
  s.table("optimizer", r.optimizer, declare);
  s.table("schedule", r.schedule, declare);
  s.table("clip", r.clip, declare);
  s.table("ema", r.ema, declare);
  s.table("checkpoint", r.checkpoint, declare);
  s.table("eval", r.eval, declare);
}

}  // namespace

Result<Recipe> load_recipe(const std::filesystem::path& path,
                           std::span<const std::string> settings) {
  SEXTANT_TRY(const auto file, io::MappedFile::open(path));
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()),
                              file.bytes().size());
  SEXTANT_TRY(Json document, parse_toml(text, path.filename().string()));
  for (const std::string& setting : settings) {
    SEXTANT_TRY_VOID(apply_setting(document, setting));
  }
  Recipe recipe;
  SEXTANT_TRY(recipe.in_force, read_settings(document, path.filename().string(), recipe,
                                             static_cast<void (*)(Settings&, Recipe&)>(declare)));
  recipe.folder = path.parent_path();
  return recipe;
}

double schedule_factor(const ScheduleConfig& c, int64_t step, int64_t steps) {
  if (step < c.warmup) {
    return static_cast<double>(step + 1) / static_cast<double>(c.warmup + 1);
  }
  const double done = static_cast<double>(step - c.warmup) /
                      static_cast<double>(std::max<int64_t>(steps - c.warmup, 1));
  const double left = std::clamp(1 - done, 0.0, 1.0);
  const double shape = c.kind == "constant" ? 1.0
                       : c.kind == "linear" ? left
                       : c.kind == "poly"   ? std::pow(left, c.power)
                                            : 0.5 * (1 + std::cos(std::numbers::pi * (1 - left)));
  return c.final + (1 - c.final) * shape;
}

}  // namespace sextant::train
