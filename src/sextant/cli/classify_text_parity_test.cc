// What the trainer exports, in the trainer's network and in sextant/lm.
#include <gtest/gtest.h>

#include "sextant/io/open_tensors.h"
#include "sextant/lm/text_classifier.h"
#include "sextant/nn/bert.h"
#include "sextant/train/engine.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::cli {
namespace {

namespace fs = std::filesystem;

// The logits of the network that the trainer has and of sextant/lm, which reads the exported
// folder.
double logit_difference(const fs::path& folder, double* largest) {
  ThreadPool pool(2);
  const auto classifier = value_or_throw(lm::TextClassifier::load(folder, {.pool = pool}));
  const std::vector<std::string> texts = {"a warm , funny film .", "bad",
                                          "it is the cat and the "
                                          "dog and the rain , and it is long and dull ."};
  const auto found = value_or_throw(classifier.logits(texts, {.pool = pool}));
  const auto classes = static_cast<int64_t>(classifier.labels().size());
  nn::BertClassifier network(classifier.model().bert.config(), classes, nn::BertDropout{},
                             at::make_generator<at::CPUGeneratorImpl>(uint64_t{0}));
  value_or_throw(nn::load_bert(*network, *value_or_throw(io::open_tensors(folder))));
  network->eval();
  double worst = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto ids = classifier.model().tokens_of(texts[i]);
    const torch::Tensor row =
        torch::tensor(std::vector<int64_t>(ids.begin(), ids.end())).unsqueeze(0);
    const torch::NoGradGuard no_grad;
    const torch::Tensor logits = network->forward(row, torch::ones_like(row))[0];
    for (int64_t c = 0; c < classes; ++c) {
      const auto own = logits[c].item<double>();
      const double other = found[i * static_cast<size_t>(classes) + static_cast<size_t>(c)];
      worst = std::max(worst, std::abs(own - other));
      *largest = std::max(*largest, std::abs(own));
    }
  }
  return worst;
}

// Trains for some steps from `base` on a few rows and exports.
fs::path trained(const test_data::TempFolder& folder, const fs::path& base,
                 const std::string& labels) {
  folder.write("rows.tsv",
               "label\tsentence\n1\ta warm , funny , engaging film .\n"
               "0\tlong , dull and far too loud .\n1\tit is very good and i like the cat .\n"
               "0\tthe film was not funny and not good .\n");
  folder.write("r.toml",
               "task = \"classify-text\"\nsteps = 8\nbatch = 4\noptimizer = { lr = 2e-4 }\n"
               "[model]\nfrom = \"" +
                   base.string() +
                   "\"\n[data]\ntrain = \"rows.tsv\"\n"
                   "held_out = \"rows.tsv\"\nlabels = " +
                   labels + "\nmax_length = 24\n");
  ThreadPool pool(2);
  const auto recipe = value_or_throw(train::load_recipe(folder / "r.toml", {}));
  const auto* engine = value_or_throw(train::torch_engine());
  return value_or_throw(engine->train(recipe, {.output = folder / "run"}, {.pool = pool})).model;
}

TEST(TrainedTextClassifier, GivesTheSameLogitsInLm) {
  const test_data::TempFolder folder;
  const auto model =
      trained(folder, test_data::repository("tests/parity/lm/bert"), R"(["bad", "mixed", "good"])");
  double largest = 0;
  EXPECT_LT(logit_difference(model, &largest), 1e-5);
  EXPECT_GT(largest, 0.1);
}

// Logits of some units, from sums over 384 and 1536 values in f32.
TEST(TrainedTextClassifier, MiniLmGivesTheSameLogitsInLm) {
  const fs::path base = test_data::repository("models/all-minilm-l6-v2");
  if (!fs::exists(base)) {
    GTEST_SKIP() << "models/all-minilm-l6-v2 is not here: `make setup` fetches it";
  }
  const test_data::TempFolder folder;
  double largest = 0;
  EXPECT_LT(logit_difference(trained(folder, base, R"(["bad", "good"])"), &largest), 1e-4);
  EXPECT_GT(largest, 0.1);
}

}  // namespace
}  // namespace sextant::cli
