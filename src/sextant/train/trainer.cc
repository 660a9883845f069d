#include "sextant/train/trainer.h"

#include <chrono>
#include <cmath>

#include "sextant/base/log.h"
#include "sextant/base/progress.h"
#include "sextant/base/toml.h"
#include "sextant/io/atomic_file.h"
#include "sextant/io/atomic_folder.h"
#include "sextant/train/evaluation.h"

namespace sextant::train {
namespace {

double seconds() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

Result<torch::Device> device_named(const std::string& name) {
  if (name == "cpu") {
    return torch::Device(torch::kCPU);
  }
  if (name == "cuda" || name.starts_with("cuda:")) {
    if (!torch::cuda::is_available()) {
      return fail(ErrorCode::kInvalidArgument,
                  "[train/trainer] --device {}: this LibTorch finds no CUDA device",
                  printable(name));
    }
    return torch::Device(name);
  }
  return fail(ErrorCode::kInvalidArgument,
              "[train/trainer] --device: expected cpu, cuda or cuda:N, found \"{}\"",
              printable(name));
}

// The settings that decide the numbers: a resumed run is told where they differ.
std::string fingerprint(const Recipe& recipe) {
  OrderedJson settings = recipe.in_force;
  for (const char* key : {"log_every", "workers", "checkpoint", "eval"}) {
    settings.erase(key);
  }
  return std::to_string(std::hash<std::string>()(settings.dump()));
}

}  // namespace

Result<std::unique_ptr<Trainer>> Trainer::create(const Recipe& recipe, const RunOptions& options,
                                                 const Context& context) {
  SEXTANT_TRY(const torch::Device device, device_named(options.device));
  if (recipe.precision != "f32" && device.is_cpu()) {
    return fail(
        ErrorCode::kInvalidArgument,
        "[train/trainer] precision {}: expected f32 on a CPU, whose narrow products are slower",
        recipe.precision);
  }
  at::set_num_threads(context.pool.threads());
  at::manual_seed(recipe.seed);
  SEXTANT_TRY(auto task, make_task(recipe, device));
  SEXTANT_TRY(auto optimizer,
              Optimizer::create(recipe.optimizer, task->network().named_parameters()));
  std::error_code error;
  std::filesystem::create_directories(options.output, error);
  if (error) {
    return fail(ErrorCode::kIo, "[train/trainer] {}: the folder cannot be made: {}",
                options.output.string(), error.message());
  }
  std::unique_ptr<Trainer> trainer(
      new Trainer(recipe, options, context, std::move(task), std::move(optimizer)));
  trainer->device_ = device;
  SEXTANT_TRY_VOID(trainer->resume());
  SEXTANT_TRY(trainer->log_,
              RunLog::open(options.output, trainer->state_.step > 0 ? trainer->state_.step : -1));
  SEXTANT_TRY(trainer->loader_, Loader::create(trainer->task_->training_data(),
                                               {.batch_size = recipe.batch,
                                                .seed = recipe.seed,
                                                .workers = static_cast<int>(recipe.workers),
                                                .drop_last = true,
                                                .start = trainer->state_.step}));
  SEXTANT_TRY_VOID(
      io::write_file_atomically(options.output / "recipe.toml", write_toml(recipe.in_force)));
  return trainer;
}

Trainer::Trainer(const Recipe& recipe, const RunOptions& options, const Context& context,
                 std::unique_ptr<Task> task, Optimizer optimizer)
    : recipe_(recipe),
      options_(options),
      context_(context),
      device_(torch::kCPU),
      task_(std::move(task)),
      optimizer_(std::move(optimizer)),
      average_(recipe.ema.decay, task_->network().named_parameters()),
      state_{task_->network(), optimizer_, average_, 0, 0, fingerprint(recipe)},
      checkpoints_(options.output / "checkpoints") {}

Result<void> Trainer::resume() {
  std::filesystem::path folder = options_.resume;
  if (options_.resume == "no") {
    return {};
  }
  if (options_.resume == "auto") {
    const auto newest = checkpoints_.newest_sound();
    if (!newest) {
      return {};
    }
    folder = newest->folder;
  } else {
    SEXTANT_TRY_VOID(check_checkpoint(folder));
  }
  SEXTANT_TRY_VOID(load_state(state_, folder));
  last_saved_ = state_.step;
  log(LogLevel::kInfo, "going on from step {} ({})", state_.step, folder.string());
  if (state_.recipe_hash != fingerprint(recipe_)) {
    log(LogLevel::kWarning,
        "the recipe is not the one that this run began with; its numbers will differ from a run "
        "from "
        "the start");
    state_.recipe_hash = fingerprint(recipe_);
  }
  return {};
}

Result<Trainer::StepResult> Trainer::step(const Batch& batch) {
  std::vector<torch::Tensor> whole = batch_tensors(batch, task_->training_data(), device_);
  task_->augment(whole, batch.position);
  StepResult result{.targets = task_->targets(whole)};
  const int64_t part = batch.size / recipe_.accumulate;
  torch::Tensor sum = torch::zeros({}, torch::kDouble);
  for (int64_t i = 0; i < recipe_.accumulate; ++i) {
    std::vector<torch::Tensor> fields;
    for (const torch::Tensor& field : whole) {
      fields.push_back(recipe_.accumulate == 1 ? field : field.slice(0, i * part, (i + 1) * part));
    }
    const torch::Tensor loss =
        task_->loss_sum(fields) / static_cast<double>(std::max<int64_t>(result.targets, 1));
    loss.backward();
    sum += loss.detach().to(torch::kCPU, torch::kDouble);
  }
  result.loss = sum.item<double>();
  if (!std::isfinite(result.loss)) {
    return fail_with_hint(
        ErrorCode::kDataLoss,
        format(
            "[train/trainer] step {}: the loss is {}; the last good weights are those of step {}",
            state_.step + 1, result.loss, std::max<int64_t>(last_saved_, 0)),
        "a smaller optimizer.lr, a longer schedule.warmup or clip.norm usually helps");
  }
  result.grad_norm =
      optimizer_.clip(state_.step >= recipe_.clip.start_step ? recipe_.clip.norm : 0);
  optimizer_.step(schedule_factor(recipe_.schedule, state_.step, recipe_.steps));
  optimizer_.zero_grad();
  average_.update();
  ++state_.step;
  return result;
}

Result<RunResult> Trainer::run() {
  RunResult result;
  result.first_step = state_.step;
  task_->network().train();
  const auto finished = loop(result);
  result.steps = state_.step;
  if (!finished) {
    return Failure(finished.error());
  }
  if (!result.cancelled) {
    SEXTANT_TRY_VOID(evaluate(result));
    SEXTANT_TRY_VOID(export_model(result));
  }
  SEXTANT_TRY_VOID(log_->draw());
  return result;
}

Result<void> Trainer::loop(RunResult& result) {
  if (context_.progress != nullptr) {
    context_.progress->begin("train", recipe_.steps - state_.step, "steps");
  }
  run_began_ = seconds() - state_.seconds;
  begin_interval();
  while (state_.step < recipe_.steps && !context_.cancelled()) {
    SEXTANT_TRY(const std::optional<Batch> batch, loader_->next());
    SEXTANT_CHECK(batch, "an endless loader ended");
    SEXTANT_TRY(const StepResult done, step(*batch));
    SEXTANT_TRY_VOID(after_step(done, result));
    if (context_.progress != nullptr) {
      context_.progress->advance();
    }
  }
  result.cancelled = state_.step < recipe_.steps;
  if (context_.progress != nullptr) {
    context_.progress->end();
  }
  return last_saved_ == state_.step ? Result<void>() : save();
}

Result<void> Trainer::after_step(const StepResult& done, RunResult& result) {
  interval_targets_ += done.targets;
  ++interval_steps_;
  if (state_.step % recipe_.log_every == 0 || state_.step == recipe_.steps) {
    record(done);
  }
  if (recipe_.eval.every > 0 && state_.step % recipe_.eval.every == 0 &&
      state_.step < recipe_.steps) {
    SEXTANT_TRY_VOID(evaluate(result));
  }
  if (state_.step % recipe_.checkpoint.every != 0 || state_.step == recipe_.steps) {
    return {};
  }
  auto saved = save();
  if (saved || saved.error().code != ErrorCode::kResourceExhausted) {
    return saved;
  }
  // A full disk is no reason to lose the work in memory.
  log(LogLevel::kWarning, "{}; training goes on, the next checkpoint is tried at step {}",
      saved.error().message, state_.step + recipe_.checkpoint.every);
  disk_was_full_ = true;
  return {};
}

void Trainer::record(const StepResult& done) {
  const double now = seconds();
  const double taken = now - interval_began_;
  const Figure figures[] = {
      {"train/loss", done.loss},
      {"train/grad_norm", done.grad_norm},
      {"train/lr",
       recipe_.optimizer.lr * schedule_factor(recipe_.schedule, state_.step - 1, recipe_.steps)},
      {"train/step_seconds", taken / static_cast<double>(interval_steps_)},
      {"train/targets_per_s", static_cast<double>(interval_targets_) / taken}};
  log_->write(state_.step, now - run_began_, figures);
  begin_interval();
}

void Trainer::begin_interval() {
  interval_began_ = seconds();
  interval_targets_ = 0;
  interval_steps_ = 0;
}

Result<void> Trainer::save() {
  state_.seconds = seconds() - run_began_;
  SEXTANT_TRY(auto checkpoint, checkpoints_.begin(state_.step));
  SEXTANT_TRY_VOID(save_state(state_, checkpoint.path()));
  SEXTANT_TRY_VOID(checkpoint.commit());
  last_saved_ = state_.step;
  checkpoints_.keep_newest(recipe_.checkpoint.keep);
  if (disk_was_full_) {
    log(LogLevel::kWarning, "there is room again: step {} is saved", state_.step);
    disk_was_full_ = false;
  }
  return {};
}

Result<void> Trainer::evaluate(RunResult& result) {
  average_.swap();
  auto measured = task_->evaluate(recipe_.eval.samples, context_);
  average_.swap();
  if (!measured) {
    return Failure(std::move(measured).error());
  }
  result.metrics = std::move(*measured);
  std::vector<std::string> names;
  std::vector<double> values;
  for (const auto& [name, value] : result.metrics.items()) {
    names.push_back("eval/" + name);
    values.push_back(value.get<double>());
  }
  std::vector<Figure> figures;
  for (size_t i = 0; i < names.size(); ++i) {
    figures.emplace_back(names[i], values[i]);
  }
  log_->write(state_.step, seconds() - run_began_, figures);
  begin_interval();  // the speed is that of the steps alone
  return {};
}

Result<void> Trainer::export_model(RunResult& result) {
  SEXTANT_TRY(auto folder, io::AtomicFolder::create(options_.output / "model"));
  average_.swap();
  const auto written =
      write_tensors(folder.path() / "model.safetensors", named_tensors(task_->network()));
  average_.swap();
  if (!written) {
    return Failure(written.error());
  }
  SEXTANT_TRY_VOID(task_->write_model_files(folder.path()));
  SEXTANT_TRY_VOID(folder.commit());
  result.model = options_.output / "model";
  return {};
}

}  // namespace sextant::train
