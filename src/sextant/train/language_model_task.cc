// Next-token prediction (task = "language-model"): a model of nn/causal_lm.h on packed text.
#include <torch/torch.h>

#include "sextant/io/atomic_file.h"
#include "sextant/nn/causal_lm.h"
#include "sextant/train/byte_tokenizer.h"
#include "sextant/train/evaluation.h"
#include "sextant/train/task.h"
#include "sextant/train/text_dataset.h"

namespace sextant::train {
namespace {

struct DataConfig {
  std::vector<std::string> paths;
  std::vector<std::string> held_out;  // names of documents; none: the tail of each
  double held_out_tail = 0.1;
  bool segments = false;  // attention stays inside a document
};

void declare(Settings& s, DataConfig& c) {
  s.texts("paths", c.paths);
  s.texts("held_out", c.held_out);
  s.number("held_out_tail", c.held_out_tail, 0, 0.9);
  s.flag("segments", c.segments);
  s.require(!c.paths.empty(), "paths of text files or folders");
}

struct Tables {
  nn::LmConfig model;
  DataConfig data;
  TaskTables in_force;
};

Result<Tables> read_tables(const Recipe& recipe) {
  Tables tables;
  SEXTANT_TRY(tables.in_force.model,
              read_settings(recipe.model, "model", tables.model,
                            static_cast<void (*)(Settings&, nn::LmConfig&)>(nn::declare)));
  SEXTANT_TRY(tables.in_force.data,
              read_settings(recipe.data, "data", tables.data,
                            static_cast<void (*)(Settings&, DataConfig&)>(declare)));
  if (tables.model.vocab != kByteVocabulary) {
    return fail(ErrorCode::kInvalidArgument,
                "[train/language_model] model.vocab: expected {} (text is read as bytes), found {}",
                kByteVocabulary, tables.model.vocab);
  }
  return tables;
}

Result<std::unique_ptr<TextDataset>> open_text(const Recipe& recipe, const Tables& tables,
                                               TextSplit split) {
  TextOptions options{.context = tables.model.context,
                      .segment_ids = tables.data.segments,
                      .split = split,
                      .held_out_documents = tables.data.held_out,
                      .held_out_tail = tables.data.held_out_tail};
  for (const std::string& path : tables.data.paths) {
    options.paths.push_back(recipe.folder / path);  // an absolute path stays as it is
  }
  return TextDataset::open(options);
}

class LanguageModelTask : public Task {
 public:
  LanguageModelTask(const Recipe& recipe, Tables tables, std::unique_ptr<TextDataset> training,
                    std::unique_ptr<TextDataset> held_out, torch::Device device)
      : config_(tables.model),
        smoothing_(recipe.label_smoothing),
        training_(std::move(training)),
        held_out_(std::move(held_out)),
        device_(device),
        model_(nn::make_causal_lm(config_, at::make_generator<at::CPUGeneratorImpl>(recipe.seed))) {
    model_->set_recompute(recipe.recompute);
    model_->to(device);
  }

  torch::nn::Module& network() override { return *model_; }
  const Dataset& training_data() const override { return *training_; }

  int64_t targets(const std::vector<torch::Tensor>& fields) const override {
    return fields[1].ne(kIgnoredLabel).sum().item<int64_t>();
  }

  torch::Tensor loss_sum(const std::vector<torch::Tensor>& fields) override {
    return loss_sum(fields, smoothing_);
  }

  Result<OrderedJson> evaluate(int64_t samples, const Context& context) override {
    Evaluation evaluation(*model_, *held_out_, device_);
    double sum = 0;
    int64_t count = 0;
    SEXTANT_TRY_VOID(evaluation.each_batch(samples, 32, context, [&](const auto& fields) {
      sum += loss_sum(fields, 0).template item<double>();
      count += targets(fields);
    }));
    const double loss = sum / static_cast<double>(std::max<int64_t>(count, 1));
    return OrderedJson{{"loss", loss}, {"bits_per_byte", loss / std::log(2.0)}, {"targets", count}};
  }

  Result<void> write_model_files(const std::filesystem::path& folder) const override {
    SEXTANT_TRY_VOID(
        io::write_file_atomically(folder / "config.json", nn::hf_config(config_).dump(2) + "\n"));
    return io::write_file_atomically(folder / "tokenizer.json", byte_tokenizer_json());
  }

 private:
  torch::Tensor loss_sum(const std::vector<torch::Tensor>& fields, double smoothing) {
    const torch::Tensor logits =
        model_->forward(fields[0], fields.size() > 2 ? fields[2] : torch::Tensor());
    return at::cross_entropy_loss(logits.view({-1, logits.size(-1)}), fields[1].view({-1}), {},
                                  at::Reduction::Sum, kIgnoredLabel, smoothing);
  }

  nn::LmConfig config_;
  double smoothing_;
  std::unique_ptr<TextDataset> training_, held_out_;
  torch::Device device_;
  std::shared_ptr<nn::CausalLmImpl> model_;
};

}  // namespace

Result<TaskTables> language_model_tables(const Recipe& recipe) {
  SEXTANT_TRY(Tables tables, read_tables(recipe));
  return std::move(tables.in_force);
}

Result<std::unique_ptr<Task>> make_language_model_task(const Recipe& recipe, torch::Device device) {
  SEXTANT_TRY(Tables tables, read_tables(recipe));
  SEXTANT_TRY(auto training, open_text(recipe, tables, TextSplit::kTraining));
  SEXTANT_TRY(auto held_out, open_text(recipe, tables, TextSplit::kHeldOut));
  return std::make_unique<LanguageModelTask>(recipe, std::move(tables), std::move(training),
                                             std::move(held_out), device);
}

}  // namespace sextant::train
