// AdamW (Loshchilov and Hutter 2019) and SGD with momentum over groups of parameters, on ATen's
// fused updates: one pass over memory a tensor. The numbers are those of torch.optim with
// fused=True.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "sextant/base/error.h"
#include "sextant/train/config.h"

namespace sextant::train {

class Optimizer {
 public:
  // Parameters by name; those that no group names get the settings of the optimiser itself. Frozen
  // ones lose requires_grad. Error kInvalidArgument for a group that matches no parameter.
  static Result<Optimizer> create(const OptimizerConfig& config,
                                  const torch::OrderedDict<std::string, torch::Tensor>& parameters);

  // One update from the gradients; `factor` is the schedule's.
  void step(double factor);
  void zero_grad();

  // Gradients to the length `norm` at most, as torch.nn.utils.clip_grad_norm_; 0: left alone. The
  // length before.
  double clip(double norm);

  // What a checkpoint keeps: "exp_avg.NAME", ..., and the number of updates as "step".
  std::map<std::string, torch::Tensor> state() const;
  // Error kDataLoss for a missing tensor or another shape.
  Result<void> load(const std::map<std::string, torch::Tensor>& state);

  const std::vector<torch::Tensor>& parameters() const { return all_; }

 private:
  struct Group {
    double lr_scale = 1;
    double weight_decay = 0;
    std::vector<std::string> names;
    std::vector<torch::Tensor> parameters, first, second, steps;  // moments; second: adamw
  };

  explicit Optimizer(OptimizerConfig config) : config_(std::move(config)) {}
  std::vector<torch::Tensor> gradients(const Group& group) const;
  void step_adamw(Group& group, double lr);
  void step_sgd(Group& group, double lr);

  OptimizerConfig config_;
  std::vector<Group> groups_;
  std::vector<torch::Tensor> all_;  // those that are trained
  int64_t updates_ = 0;
};

}  // namespace sextant::train
