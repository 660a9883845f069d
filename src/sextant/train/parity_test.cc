// Ten steps beside PyTorch's: losses, gradient lengths, and every gradient of the first step.
// Goldens: scripts/goldens/make_training.py.
#include <gtest/gtest.h>

#include "sextant/nn/causal_lm.h"
#include "sextant/nn/vit.h"
#include "sextant/train/evaluation.h"
#include "sextant/train/idx_dataset.h"
#include "sextant/train/loader.h"
#include "sextant/train/optimizer.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

constexpr int64_t kBatch = 4;
constexpr int64_t kTokens = 128;

torch::Tensor seeded_randn(uint64_t seed, torch::IntArrayRef shape) {
  return torch::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed));
}

std::map<std::string, torch::Tensor> by_name(const torch::nn::Module& model) {
  std::map<std::string, torch::Tensor> parameters;
  for (const auto& parameter : model.named_parameters()) {
    parameters[parameter.key()] = parameter.value();
  }
  return parameters;
}

void draw_weights(const torch::nn::Module& model) {
  const torch::NoGradGuard no_grad;
  uint64_t seed = 1000;
  for (auto& [name, value] : by_name(model)) {
    const torch::Tensor noise = seeded_randn(seed++, value.sizes());
    const bool norm = (name.find("norm") != name.npos || name.find("ln_") != name.npos) &&
                      name.find("weight") != name.npos;
    value.copy_(norm ? 1 + 0.1 * noise : 0.05 * noise);
  }
}

// Ids and labels of a step, [B,T] each.
std::pair<torch::Tensor, torch::Tensor> batch(const std::string& text, int64_t step) {
  const torch::Tensor data = torch::empty({kBatch, kTokens + 1}, torch::kInt64);
  for (int64_t b = 0; b < kBatch; ++b) {
    for (int64_t t = 0; t <= kTokens; ++t) {
      const auto at = static_cast<size_t>((step * kBatch + b) * 997 + t);
      data[b][t] = static_cast<int64_t>(static_cast<unsigned char>(text[at]));
    }
  }
  return {data.slice(1, 0, kTokens), data.slice(1, 1)};
}

// Relative to the tensor's own length. The gradient of a key bias is zero but for rounding (it
// moves all scores of a query alike), hence a floor from the rounding of all gradients together.
void check_gradients(const torch::nn::Module& model, const Json& golden, double all) {
  const double floor = 1e-7 * all;
  uint64_t place = 0;
  for (const auto& [name, value] : by_name(model)) {
    ASSERT_TRUE(golden.contains(name)) << name;
    const torch::Tensor gradient = value.grad().to(torch::kDouble);
    const double norm = golden[name]["norm"].get<double>();
    EXPECT_NEAR(gradient.norm().item<double>(), norm, 1e-4 * norm + floor) << name;
    for (uint64_t i = 0; i < golden[name]["projections"].size(); ++i) {
      const double found =
          (gradient * seeded_randn(5000 + 100 * place + i, gradient.sizes())).sum().item<double>();
      EXPECT_NEAR(found, golden[name]["projections"][i].get<double>(), 1e-4 * norm + floor) << name;
    }
    ++place;
  }
  EXPECT_EQ(place, golden.size());
}

// Ten steps; loss(step) is that of the step's batch, with a graph.
template <class Loss>
void check_ten_steps(torch::nn::Module& model, const std::string& name, Loss&& loss_of) {
  const Json golden = value_or_throw(parse_json(
      test_data::read(test_data::repository("tests/parity/train/" + name + ".json")), name));
  OptimizerConfig settings;
  settings.weight_decay = 0.1;
  settings.beta2 = 0.95;
  auto optimizer = value_or_throw(Optimizer::create(settings, model.named_parameters()));
  for (int64_t step = 0; step < 10; ++step) {
    const torch::Tensor loss = loss_of(step);
    loss.backward();
    if (step == 0) {
      check_gradients(model, golden["gradients"], golden["grad_norms"][0].get<double>());
    }
    const auto s = static_cast<size_t>(step);
    EXPECT_NEAR(loss.item<double>(), golden["losses"][s].get<double>(), 1e-5) << step;
    EXPECT_NEAR(optimizer.clip(1.0), golden["grad_norms"][s].get<double>(), 1e-3) << step;
    optimizer.step(1);
    optimizer.zero_grad();
  }
}

class TrainingParity : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Forms, TrainingParity, ::testing::Values("gpt2", "opt", "llama"),
                         [](const auto& form) { return std::string(form.param); });

TEST_P(TrainingParity, TenStepsAreThoseOfPyTorch) {
  const std::string form = GetParam();
  nn::LmConfig config;
  config.form = form;
  config.activation = form == "gpt2" ? "gelu_new" : form == "opt" ? "relu" : "silu";
  config.ffn = form == "llama" ? 512 : 768;
  const auto model =
      nn::make_causal_lm(config, at::make_generator<at::CPUGeneratorImpl>(uint64_t{0}));
  draw_weights(*model);
  const std::string text = test_data::read(test_data::repository("models/texts/persuasion.txt"));
  check_ten_steps(*model, form, [&](int64_t step) {
    const auto [ids, labels] = batch(text, step);
    const torch::Tensor logits = model->forward(ids, {});
    return torch::cross_entropy_loss(logits.reshape({-1, 256}), labels.reshape({-1}));
  });
}

TEST(TrainingParityVit, TenStepsAreThoseOfPyTorch) {
  nn::VitConfig config{.dim = 96, .layers = 4, .heads = 3, .ffn = 192};
  auto model = nn::make_vit(config, at::make_generator<at::CPUGeneratorImpl>(uint64_t{0}));
  draw_weights(*model);
  const auto folder = test_data::repository("tests/parity/train");
  const auto pictures =
      value_or_throw(IdxDataset::open({.images = folder / "fashion-images.idx",
                                       .labels = folder / "fashion-labels.idx",
                                       .pixels = {.mean = {0.286F}, .std_dev = {0.353F}}}));
  const auto loader =
      value_or_throw(Loader::create(*pictures, {.batch_size = kBatch, .shuffle = false}));
  std::optional<Batch> batch;  // the graph looks at its labels until the backward pass
  check_ten_steps(*model, "vit", [&](int64_t) {
    batch = value_or_throw(loader->next());
    const auto fields = batch_tensors(*batch, *pictures, torch::kCPU);
    return at::cross_entropy_loss(model(fields[0]), fields[1], {}, at::Reduction::Mean,
                                  kIgnoredLabel, /*label_smoothing=*/0.05);
  });
}

}  // namespace
}  // namespace sextant::train
