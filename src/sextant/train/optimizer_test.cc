#include "sextant/train/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::train {
namespace {

using Parameters = torch::OrderedDict<std::string, torch::Tensor>;

Parameters two() {
  Parameters parameters;
  parameters.insert("layer.weight", torch::tensor({1.0f, -2.0f}).requires_grad_(true));
  parameters.insert("layer.bias", torch::tensor({0.5f}).requires_grad_(true));
  return parameters;
}

void set_gradients(Parameters& parameters) {
  parameters["layer.weight"].mutable_grad() = torch::tensor({0.3f, -0.4f});
  parameters["layer.bias"].mutable_grad() = torch::tensor({1.2f});
}

// AdamW of the paper in double precision: two steps with the same gradient.
double adamw(double value, double gradient, double decay) {
  const double lr = 0.1, beta1 = 0.9, beta2 = 0.99, eps = 1e-8;
  double m = 0, v = 0;
  for (int t = 1; t <= 2; ++t) {
    m = beta1 * m + (1 - beta1) * gradient;
    v = beta2 * v + (1 - beta2) * gradient * gradient;
    value -= lr * decay * value;
    value -= lr * (m / (1 - std::pow(beta1, t))) / (std::sqrt(v / (1 - std::pow(beta2, t))) + eps);
  }
  return value;
}

TEST(Optimizer, AdamWFollowsThePaperAndItsGroups) {
  Parameters parameters = two();
  const OptimizerConfig config{.lr = 0.1,
                               .weight_decay = 0.5,
                               .beta2 = 0.99,
                               .groups = {{.pattern = "*.bias", .weight_decay = 0}}};
  auto optimizer = value_or_throw(Optimizer::create(config, parameters));
  for (int i = 0; i < 2; ++i) {
    set_gradients(parameters);
    optimizer.step(1);
  }
  EXPECT_NEAR(parameters["layer.weight"][0].item<float>(), adamw(1, 0.3, 0.5), 1e-6);
  EXPECT_NEAR(parameters["layer.weight"][1].item<float>(), adamw(-2, -0.4, 0.5), 1e-6);
  EXPECT_NEAR(parameters["layer.bias"][0].item<float>(), adamw(0.5, 1.2, 0), 1e-6);
}

TEST(Optimizer, SgdHasMomentumAndScale) {
  Parameters parameters = two();
  const OptimizerConfig config{.name = "sgd",
                               .lr = 0.1,
                               .weight_decay = 0,
                               .momentum = 0.9,
                               .groups = {{.pattern = "*.bias", .lr_scale = 2}}};
  auto optimizer = value_or_throw(Optimizer::create(config, parameters));
  for (int i = 0; i < 2; ++i) {
    set_gradients(parameters);
    optimizer.step(0.5);
  }
  // Velocity g, then 1.9 g.
  EXPECT_NEAR(parameters["layer.weight"][0].item<float>(), 1 - 0.05 * 2.9 * 0.3, 1e-6);
  EXPECT_NEAR(parameters["layer.bias"][0].item<float>(), 0.5 - 0.1 * 2.9 * 1.2, 1e-6);
}

TEST(Optimizer, ClipsToALength) {
  Parameters parameters = two();
  auto optimizer = value_or_throw(Optimizer::create({}, parameters));
  set_gradients(parameters);
  EXPECT_NEAR(optimizer.clip(0), 1.3, 1e-6);
  EXPECT_NEAR(optimizer.clip(2), 1.3, 1e-6);
  EXPECT_NEAR(parameters["layer.bias"].grad().item<float>(), 1.2, 1e-6);
  EXPECT_NEAR(optimizer.clip(0.13), 1.3, 1e-6);
  EXPECT_NEAR(optimizer.clip(0), 0.13, 1e-6);
}

TEST(Optimizer, GoesOnFromItsState) {
  for (const char* name : {"adamw", "sgd"}) {
    Parameters whole = two();
    Parameters cut = two();
    OptimizerConfig config{};
    config.name = name;
    config.momentum = 0.9;
    auto a = value_or_throw(Optimizer::create(config, whole));
    auto b = value_or_throw(Optimizer::create(config, cut));
    for (int i = 0; i < 6; ++i) {
      if (i == 3) {
        auto resumed = value_or_throw(Optimizer::create(config, cut));
        ASSERT_TRUE(resumed.load(b.state()));
        b = std::move(resumed);
      }
      set_gradients(whole);
      set_gradients(cut);
      a.step(1.0 / (i + 1));
      b.step(1.0 / (i + 1));
    }
    EXPECT_TRUE(torch::equal(whole["layer.weight"], cut["layer.weight"])) << name;
    auto state = a.state();
    state.erase("exp_avg.layer.bias");
    const auto refused = b.load(state);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "[train/optimizer] exp_avg.layer.bias: not in the checkpoint, or of another shape");
  }
}

}  // namespace
}  // namespace sextant::train
