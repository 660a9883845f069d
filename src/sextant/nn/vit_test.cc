#include "sextant/nn/vit.h"

#include <gtest/gtest.h>

#include "sextant/io/open_tensors.h"
#include "sextant/nn/load_weights.h"
#include "sextant/nn/tensor_bridge.h"
#include "support/test_data.h"

namespace sextant::nn {
namespace {

VitConfig tiny() {
  VitConfig config{.image = 12,
                   .patch = 4,
                   .channels = 3,
                   .classes = 3,
                   .dim = 16,
                   .layers = 2,
                   .heads = 2,
                   .ffn = 24};
  config.init_std = 0.3;
  return config;
}

Vit make(const VitConfig& config) {
  return make_vit(config, at::make_generator<at::CPUGeneratorImpl>(uint64_t{5}));
}

torch::Tensor some_pixels() {
  return torch::randn({4, 3, 12, 12}, at::make_generator<at::CPUGeneratorImpl>(uint64_t{6}));
}

TEST(Vit, GivesTheLogitsOfTransformers) {
  const auto folder = test_data::repository("tests/parity/nn/vit");
  const auto golden = value_or_throw(io::open_tensors(folder / "golden.safetensors"));
  Vit model(value_or_throw(read_vit_config(folder)));
  const auto loaded = load_weights(*model, *value_or_throw(io::open_tensors(folder)), {});
  ASSERT_TRUE(loaded) << loaded.error().describe();
  const torch::NoGradGuard no_grad;
  const auto logits = model(to_tensor(value_or_throw(golden->view("pixel_values"))));
  const auto expected = to_tensor(value_or_throw(golden->view("logits")));
  // Sums of at most 48 products in another order.
  EXPECT_TRUE(torch::allclose(logits, expected, 1e-5, 1e-5)) << logits << expected;
}

TEST(Vit, HasTheParametersThatItsConfigurationTells) {
  int64_t parameters = 0;
  for (const torch::Tensor& parameter : make(tiny())->parameters()) {
    parameters += parameter.numel();
  }
  EXPECT_EQ(parameters, tiny().parameters());
}

TEST(Vit, StartsFromItsSeedWithPlainNormsAndBiases) {
  const auto a = make(tiny())->named_parameters();
  const auto b = make(tiny())->named_parameters();
  for (const auto& parameter : a) {
    EXPECT_TRUE(torch::equal(parameter.value(), b[parameter.key()])) << parameter.key();
  }
  EXPECT_TRUE(torch::equal(a["vit.layernorm.weight"], torch::ones({16})));
  EXPECT_TRUE(torch::equal(a["vit.encoder.layer.1.layernorm_after.weight"], torch::ones({16})));
  EXPECT_TRUE(torch::equal(a["vit.encoder.layer.0.output.dense.bias"], torch::zeros({16})));
  EXPECT_NEAR(a["vit.encoder.layer.0.intermediate.dense.weight"].std().item<double>(), 0.3, 0.05);
  EXPECT_GT(a["vit.embeddings.cls_token"].abs().sum().item<double>(), 0);
}

TEST(Vit, CanStartWithAttentionToNeighbours) {
  VitConfig config = tiny();
  config.image = 24;
  config.init = "local";
  const auto parameters = make(config)->named_parameters();
  const std::string layer = "vit.encoder.layer.1.attention.attention.";
  EXPECT_TRUE(torch::equal(parameters[layer + "query.weight"], parameters[layer + "key.weight"]));
  // Places are the more alike the nearer they are.
  const torch::Tensor places = parameters["vit.embeddings.position_embeddings"][0].slice(0, 1);
  const torch::Tensor likeness = torch::matmul(places, places[0]);
  EXPECT_GT(likeness[0].item<float>(), likeness[1].item<float>());   // right
  EXPECT_GT(likeness[1].item<float>(), likeness[2].item<float>());   // twice
  EXPECT_GT(likeness[6].item<float>(), likeness[12].item<float>());  // down, twice
  EXPECT_TRUE(torch::allclose(likeness[1], likeness[6]));
}

TEST(Vit, RecomputingChangesNoGradient) {
  auto model = make(tiny());
  model->train();
  std::vector<torch::Tensor> plain;
  for (const bool recompute : {false, true}) {
    model->zero_grad();
    model->set_recompute(recompute);
    model(some_pixels()).square().mean().backward();
    size_t i = 0;
    for (const torch::Tensor& parameter : model->parameters()) {
      if (!recompute) {
        plain.push_back(parameter.grad().clone());
      } else {
        EXPECT_TRUE(torch::equal(parameter.grad(), plain[i])) << i;
      }
      ++i;
    }
  }
}

TEST(Vit, LooksAtEveryPatchAndItsPlace) {
  auto model = make(tiny());
  const torch::NoGradGuard no_grad;
  const torch::Tensor pixels = some_pixels();
  const torch::Tensor before = model(pixels);
  for (const int64_t row : {0, 4, 8}) {
    torch::Tensor changed = pixels.clone();
    changed.slice(2, row, row + 4).add_(1);
    EXPECT_FALSE(torch::allclose(model(changed), before, 1e-3, 1e-3)) << row;
  }
  EXPECT_FALSE(torch::allclose(model(pixels.flip(3)), before, 1e-3, 1e-3));
}

TEST(LoadWeights, TellsWhatDoesNotFit) {
  const auto source =
      value_or_throw(io::open_tensors(test_data::repository("tests/parity/nn/vit")));
  VitConfig config = tiny();
  config.ffn = 25;
  Vit wider(config);
  const auto failed = load_weights(*wider, *source, {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kDataLoss);
  EXPECT_NE(failed.error().message.find("vit.encoder.layer.0.intermediate.dense.bias"),
            std::string::npos)
      << failed.error().message;
  config.ffn = 24;
  config.layers = 1;
  Vit shallow(config);
  EXPECT_FALSE(load_weights(*shallow, *source, {}));
  EXPECT_TRUE(load_weights(*shallow, *source, {.ignored = {"vit.encoder.layer.1.*"}}));
}

}  // namespace
}  // namespace sextant::nn
