#include "sextant/train/optimizer.h"

#include "sextant/base/pattern.h"

namespace sextant::train {

Result<Optimizer> Optimizer::create(
    const OptimizerConfig& config,
    const torch::OrderedDict<std::string, torch::Tensor>& parameters) {
  Optimizer optimizer(config);
  std::vector<GroupConfig> rules = config.groups;
  rules.push_back({.pattern = "*", .weight_decay = config.weight_decay});
  std::vector<size_t> matches(rules.size(), 0);
  optimizer.groups_.resize(rules.size());
  for (const auto& parameter : parameters) {
    size_t rule = 0;
    while (!matches_pattern(parameter.key(), rules[rule].pattern)) {
      ++rule;
    }
    ++matches[rule];
    const torch::Tensor& value = parameter.value();
    if (rules[rule].frozen) {
      value.set_requires_grad(false);
      continue;
    }
    Group& group = optimizer.groups_[rule];
    group.names.push_back(parameter.key());
    group.parameters.push_back(value);
    optimizer.all_.push_back(value);
  }
  for (size_t i = 0; i < config.groups.size(); ++i) {
    if (matches[i] == 0) {
      return fail(ErrorCode::kInvalidArgument,
                  "[train/optimizer] groups[{}]: pattern \"{}\" matches no parameter that is left",
                  i, printable(rules[i].pattern));
    }
  }
  if (optimizer.all_.empty()) {
    return fail(ErrorCode::kInvalidArgument, "[train/optimizer] every parameter is frozen");
  }
  const bool adamw = config.name == "adamw";
  for (size_t i = 0; i < rules.size(); ++i) {
    Group& group = optimizer.groups_[i];
    group.lr_scale = rules[i].lr_scale;
    group.weight_decay = rules[i].weight_decay;
    for (const torch::Tensor& parameter : group.parameters) {
      group.first.push_back(torch::zeros_like(parameter));
      if (adamw) {
        group.second.push_back(torch::zeros_like(parameter));
        group.steps.push_back(torch::zeros({}, parameter.options().dtype(torch::kFloat)));
      }
    }
  }
  return optimizer;
}

std::vector<torch::Tensor> Optimizer::gradients(const Group& group) const {
  std::vector<torch::Tensor> out;
  for (const torch::Tensor& parameter : group.parameters) {
    // A parameter that the loss does not reach.
    out.push_back(parameter.grad().defined() ? parameter.grad() : torch::zeros_like(parameter));
  }
  return out;
}

void Optimizer::step_adamw(Group& group, double lr) {
  const std::vector<torch::Tensor> grads = gradients(group);
  at::_foreach_add_(group.steps, 1);
  at::_fused_adamw_(group.parameters, grads, group.first, group.second, /*max_exp_avg_sqs=*/{},
                    group.steps, lr, config_.beta1, config_.beta2, group.weight_decay, config_.eps,
                    /*amsgrad=*/false, /*maximize=*/false);
}

void Optimizer::step_sgd(Group& group, double lr) {
  const std::vector<torch::Tensor> grads = gradients(group);
  const bool momentum = config_.momentum > 0;
  at::_fused_sgd_(group.parameters, grads,
                  momentum ? at::TensorList(group.first) : at::TensorList(), group.weight_decay,
                  config_.momentum, lr, /*dampening=*/0.0, config_.nesterov, /*maximize=*/false,
                  /*is_first_step=*/updates_ == 0);
}

void Optimizer::step(double factor) {
  const torch::NoGradGuard no_grad;
  for (Group& group : groups_) {
    if (group.parameters.empty()) {
      continue;
    }
    const double lr = config_.lr * group.lr_scale * factor;
    if (config_.name == "adamw") {
      step_adamw(group, lr);
    } else {
      step_sgd(group, lr);
    }
  }
  ++updates_;
}

void Optimizer::zero_grad() {
  for (const torch::Tensor& parameter : all_) {
    parameter.mutable_grad().reset();
  }
}

double Optimizer::clip(double norm) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> grads;
  for (const Group& group : groups_) {
    for (const torch::Tensor& parameter : group.parameters) {
      if (parameter.grad().defined()) {
        grads.push_back(parameter.grad());
      }
    }
  }
  const double length =
      at::linalg_vector_norm(at::stack(at::_foreach_norm(grads, 2))).item<double>();
  if (norm > 0 && length > norm) {
    at::_foreach_mul_(grads, norm / (length + 1e-6));
  }
  return length;
}

std::map<std::string, torch::Tensor> Optimizer::state() const {
  std::map<std::string, torch::Tensor> state;
  state["step"] = torch::tensor({updates_}, torch::kInt64);
  for (const Group& group : groups_) {
    for (size_t i = 0; i < group.names.size(); ++i) {
      state["exp_avg." + group.names[i]] = group.first[i];
      if (!group.second.empty()) {
        state["exp_avg_sq." + group.names[i]] = group.second[i];
      }
    }
  }
  return state;
}

Result<void> Optimizer::load(const std::map<std::string, torch::Tensor>& state) {
  const torch::NoGradGuard no_grad;
  const auto fill = [&](const std::string& name, torch::Tensor& into) -> Result<void> {
    const auto place = state.find(name);
    if (place == state.end() || place->second.sizes() != into.sizes()) {
      return fail(ErrorCode::kDataLoss,
                  "[train/optimizer] {}: not in the checkpoint, or of another shape", name);
    }
    into.copy_(place->second);
    return {};
  };
  torch::Tensor updates = torch::zeros({1}, torch::kInt64);
  SEXTANT_TRY_VOID(fill("step", updates));
  updates_ = updates.item<int64_t>();
  for (Group& group : groups_) {
    for (size_t i = 0; i < group.names.size(); ++i) {
      SEXTANT_TRY_VOID(fill("exp_avg." + group.names[i], group.first[i]));
      if (!group.second.empty()) {
        SEXTANT_TRY_VOID(fill("exp_avg_sq." + group.names[i], group.second[i]));
        group.steps[i].fill_(static_cast<double>(updates_));
      }
    }
  }
  return {};
}

}  // namespace sextant::train
