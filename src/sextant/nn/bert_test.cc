#include "sextant/nn/bert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/open_tensors.h"
#include "sextant/io/safetensors.h"
#include "sextant/nn/load_weights.h"
#include "sextant/nn/tensor_bridge.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::nn {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kTiny = test_data::repository("tests/parity/lm/bert");

BertConfig tiny_config() {
  const Json json =
      value_or_throw(parse_json(test_data::read(kTiny / "config.json"), "config.json"));
  return value_or_throw(bert_config_from_hf(json));
}

at::Generator seeded(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

BertClassifier tiny_bert(const BertConfig& config, const BertDropout& dropout = {}) {
  BertClassifier model(config, 3, dropout, seeded(1));
  const auto source = value_or_throw(io::open_tensors(kTiny / "model.safetensors"));
  value_or_throw(load_bert(*model, *source));
  return model;
}

struct Variant {
  const char* name;
  BertActivation activation;
};

class TrainableBert : public ::testing::TestWithParam<Variant> {};

INSTANTIATE_TEST_SUITE_P(All, TrainableBert,
                         ::testing::Values(Variant{"gelu", BertActivation::kGelu},
                                           Variant{"relu", BertActivation::kRelu},
                                           Variant{"gelu_new", BertActivation::kGeluTanh},
                                           Variant{"plain", BertActivation::kGelu}),
                         [](const auto& each) { return std::string(each.param.name); });

// The goldens of sextant/lm: a batch padded on the right, on the left and with a hole. Logits reach
// about 4 and are f32 sums in another order than those of transformers.
TEST_P(TrainableBert, GivesTheLogitsOfTransformers) {
  BertConfig config = tiny_config();
  config.activation = GetParam().activation;
  BertClassifier model = tiny_bert(config);
  model->eval();
  const std::string name = GetParam().name;
  const auto golden = value_or_throw(io::open_tensors(kTiny / "golden.safetensors"));
  const auto tensor = [&](const std::string& key) {
    return to_tensor(value_or_throw(golden->view(key)));
  };
  const torch::Tensor ids = tensor("input_ids");
  const bool plain = name == "plain";
  const torch::Tensor logits =
      model->forward(ids, plain ? torch::ones_like(ids) : tensor("attention_mask"),
                     plain ? torch::Tensor() : tensor("token_type_ids"));
  EXPECT_LT((logits - tensor("logits." + name)).abs().max().item<double>(), 1e-5);
}

TEST(TrainableBert, RecomputingChangesNoBit) {
  std::vector<torch::Tensor> gradients[2];
  for (const bool recompute : {false, true}) {
    BertClassifier model = tiny_bert(tiny_config(), {.hidden = 0, .attention = 0});
    model->set_recompute(recompute);
    const torch::Tensor ids = torch::arange(2 * 7).view({2, 7}) + 5;
    model->forward(ids, torch::ones_like(ids)).square().sum().backward();
    for (const auto& parameter : model->parameters()) {
      gradients[recompute ? 1 : 0].push_back(parameter.grad());
    }
  }
  for (size_t i = 0; i < gradients[0].size(); ++i) {
    EXPECT_TRUE(torch::equal(gradients[0][i], gradients[1][i])) << i;
  }
}

// Dropout acts in training only, and follows torch's generator.
TEST(TrainableBert, DropsOnlyInTraining) {
  BertClassifier model = tiny_bert(tiny_config(), {.hidden = 0.5, .attention = 0.5});
  const torch::Tensor ids = torch::arange(2 * 7).view({2, 7}) + 5;
  const auto run = [&](uint64_t seed) {
    at::manual_seed(seed);
    return model->forward(ids, torch::ones_like(ids)).detach();
  };
  EXPECT_FALSE(torch::equal(run(1), run(2)));
  EXPECT_TRUE(torch::equal(run(1), run(1)));
  model->eval();
  EXPECT_TRUE(torch::equal(run(1), run(2)));
}

// A file of the encoder alone, with its older names.
TEST(TrainableBert, MakesTheHeadThatAFileHasNot) {
  const auto whole = value_or_throw(io::open_tensors(kTiny / "model.safetensors"));
  std::vector<io::NamedTensor> encoder;
  for (const io::TensorInfo& entry : whole->tensors()) {
    if (entry.name.starts_with("bert.") && entry.name.find("pooler") == std::string::npos) {
      encoder.push_back({entry.name.substr(5), value_or_throw(whole->view(entry.name))});
    }
  }
  const test_data::TempFolder folder;
  value_or_throw(io::write_safetensors(folder.path() / "encoder.safetensors", encoder, {}));
  const auto source = value_or_throw(io::open_tensors(folder.path() / "encoder.safetensors"));
  BertClassifier model(tiny_config(), 5, BertDropout{}, seeded(1));
  const torch::Tensor fresh = model->named_parameters()["classifier.weight"].detach().clone();
  value_or_throw(load_bert(*model, *source));
  EXPECT_TRUE(torch::equal(model->named_parameters()["classifier.weight"], fresh));
  EXPECT_NEAR(fresh.std().item<double>(), 0.02, 0.004);
  const torch::Tensor words =
      to_tensor(value_or_throw(whole->view("bert.embeddings.word_embeddings.weight")));
  EXPECT_TRUE(
      torch::equal(model->named_parameters()["bert.embeddings.word_embeddings.weight"], words));
}

TEST(LoadWeights, TellsAllThatDoesNotFit) {
  BertConfig config = tiny_config();
  config.layers = 3;
  config.ffn_dim = 56;
  BertClassifier model(config, 3, BertDropout{}, seeded(1));
  const auto source = value_or_throw(io::open_tensors(kTiny / "model.safetensors"));
  const auto loaded = load_bert(*model, *source);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("[nn/bert]"));
  EXPECT_THAT(loaded.error().message, HasSubstr("bert.encoder.layer.0.intermediate.dense.weight"));
}

}  // namespace
}  // namespace sextant::nn
