#include "sextant/nn/causal_lm.h"

#include <gtest/gtest.h>

namespace sextant::nn {
namespace {

LmConfig tiny(const std::string& form) {
  LmConfig config{.form = form,
                  .vocab = 17,
                  .dim = 16,
                  .layers = 2,
                  .heads = 4,
                  .kv_heads = 4,
                  .ffn = 24,
                  .context = 12};
  config.activation = form == "gpt2" ? "gelu_new" : form == "opt" ? "relu" : "silu";
  config.kv_heads = form == "llama" ? 2 : 4;
  config.init_std = 0.3;
  return config;
}

std::shared_ptr<CausalLmImpl> make(const LmConfig& config) {
  return make_causal_lm(config, at::make_generator<at::CPUGeneratorImpl>(uint64_t{5}));
}

torch::Tensor some_ids() { return torch::arange(24, torch::kInt64).reshape({2, 12}).remainder(17); }

class CausalLm : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Forms, CausalLm, ::testing::Values("gpt2", "opt", "llama"),
                         [](const auto& form) { return std::string(form.param); });

TEST_P(CausalLm, LooksOnlyBack) {
  auto model = make(tiny(GetParam()));
  const torch::NoGradGuard no_grad;
  torch::Tensor ids = some_ids();
  const torch::Tensor before = model->forward(ids, {});
  EXPECT_EQ(before.sizes(), (torch::IntArrayRef{2, 12, 17}));
  ids.index_put_({torch::indexing::Slice(), 8}, 3);
  const torch::Tensor after = model->forward(ids, {});
  EXPECT_TRUE(torch::allclose(before.slice(1, 0, 8), after.slice(1, 0, 8), 1e-5, 1e-5));
  EXPECT_FALSE(torch::allclose(before.slice(1, 8), after.slice(1, 8), 1e-5, 1e-5));
}

TEST_P(CausalLm, StaysInsideASegment) {
  auto model = make(tiny(GetParam()));
  const torch::NoGradGuard no_grad;
  torch::Tensor ids = some_ids();
  const torch::Tensor one = torch::zeros({2, 12}, torch::kInt64);
  EXPECT_TRUE(torch::allclose(model->forward(ids, one), model->forward(ids, {}), 1e-5, 1e-5));
  torch::Tensor two = one.clone();
  two.slice(1, 6).fill_(1);
  const torch::Tensor before = model->forward(ids, two);
  ids.slice(1, 0, 6).fill_(2);
  const torch::Tensor after = model->forward(ids, two);
  EXPECT_TRUE(torch::allclose(before.slice(1, 6), after.slice(1, 6), 1e-5, 1e-5));
}

TEST_P(CausalLm, RecomputingChangesNoGradient) {
  auto model = make(tiny(GetParam()));
  model->train();
  std::vector<torch::Tensor> plain;
  for (const bool recompute : {false, true}) {
    model->zero_grad();
    model->set_recompute(recompute);
    model->forward(some_ids(), {}).square().mean().backward();
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

TEST_P(CausalLm, TheSeedDecidesTheWeights) {
  const auto a = make(tiny(GetParam()));
  const auto b = make(tiny(GetParam()));
  for (const auto& parameter : a->named_parameters()) {
    EXPECT_TRUE(torch::equal(parameter.value(), b->named_parameters()[parameter.key()]))
        << parameter.key();
  }
}

TEST(CausalLmNames, AreThoseOfThePublishedModels) {
  const auto has = [](const char* form, const char* name, torch::IntArrayRef shape) {
    const auto model = make(tiny(form));
    const auto* found = model->named_parameters().find(name);
    return found != nullptr && found->sizes() == shape;
  };
  EXPECT_TRUE(has("gpt2", "transformer.wpe.weight", {12, 16}));
  EXPECT_TRUE(has("gpt2", "transformer.h.1.attn.c_attn.weight", {16, 48}));
  EXPECT_TRUE(has("gpt2", "transformer.h.0.mlp.c_proj.bias", {16}));
  EXPECT_TRUE(has("opt", "model.decoder.embed_positions.weight", {14, 16}));
  EXPECT_TRUE(has("opt", "model.decoder.layers.1.self_attn.out_proj.bias", {16}));
  EXPECT_TRUE(has("opt", "model.decoder.final_layer_norm.weight", {16}));
  EXPECT_TRUE(has("llama", "model.layers.0.self_attn.k_proj.weight", {8, 16}));
  EXPECT_TRUE(has("llama", "model.norm.weight", {16}));
  LmConfig untied = tiny("llama");
  untied.tied = false;
  EXPECT_TRUE(make(untied)->named_parameters().contains("lm_head.weight"));
}

}  // namespace
}  // namespace sextant::nn
