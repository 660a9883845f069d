// Classes of sentences (task = "classify-text"): a published BERT-form encoder, fine-tuned with a
// classification head on rows of sentence and label.
#include <torch/torch.h>

#include "sextant/io/atomic_file.h"
#include "sextant/io/hf_folder.h"
#include "sextant/io/open_tensors.h"
#include "sextant/nn/bert.h"
#include "sextant/text/tokenizer.h"
#include "sextant/train/classification_dataset.h"
#include "sextant/train/evaluation.h"
#include "sextant/train/task.h"

namespace sextant::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kEvaluationBatch = 64;

struct ModelConfig {
  std::string from;  // a folder with config.json, weights and tokenizer.json
  nn::BertDropout dropout;
};

void declare(Settings& s, ModelConfig& c) {
  s.text("from", c.from);
  s.number("dropout", c.dropout.hidden, 0, 0.9);
  s.number("attention_dropout", c.dropout.attention, 0, 0.9);
  s.require(!c.from.empty(), "from, the folder of a BERT-form model");
}

struct DataConfig {
  std::string train, held_out;  // .tsv or .jsonl, plain or .gz
  LabelledColumns columns;
  std::string held_out_text;        // its column of texts where it has another name
  std::vector<std::string> labels;  // names of the classes by index
  int64_t max_length = 128;         // tokens
};

void declare(Settings& s, DataConfig& c) {
  s.text("train", c.train);
  s.text("held_out", c.held_out);
  s.text("text", c.columns.text);
  s.text("held_out_text", c.held_out_text);
  s.text("label", c.columns.label);
  s.texts("label_values", c.columns.label_names);
  s.flag("header", c.columns.header);
  s.texts("labels", c.labels);
  s.integer("max_length", c.max_length, 3, 1 << 16);
  s.require(!c.train.empty() && !c.held_out.empty(), "train and held_out, files of labelled rows");
  s.require(c.labels.size() >= 2, "labels, the names of at least two classes");
}

struct Tables {
  ModelConfig model;
  DataConfig data;
  TaskTables in_force;
};

Result<Tables> read_tables(const Recipe& recipe) {
  Tables tables;
  SEXTANT_TRY(tables.in_force.model,
              read_settings(recipe.model, "model", tables.model,
                            static_cast<void (*)(Settings&, ModelConfig&)>(declare)));
  SEXTANT_TRY(tables.in_force.data,
              read_settings(recipe.data, "data", tables.data,
                            static_cast<void (*)(Settings&, DataConfig&)>(declare)));
  const nn::BertDropout& dropout = tables.model.dropout;
  if (recipe.recompute && (dropout.hidden > 0 || dropout.attention > 0)) {
    return fail(ErrorCode::kInvalidArgument,
                "[train/classify_text] recompute: expected model.dropout and "
                "model.attention_dropout of 0, found {} and {}",
                dropout.hidden, dropout.attention);
  }
  return tables;
}

Result<std::string> read_text(const fs::path& folder, std::string_view name) {
  SEXTANT_TRY(auto text, io::read_folder_file(folder, name));
  if (!text) {
    return fail(ErrorCode::kNotFound,
                "[train/classify_text] model.from: expected {} in {}, found "
                "none",
                name, folder.string());
  }
  return std::move(*text);
}

// What the exported folder takes over from the one that training began with.
struct Base {
  Json config;
  nn::BertConfig shape;
  std::string tokenizer;
  std::optional<std::string> tokenizer_config;
};

Result<Base> read_base(const fs::path& folder) {
  Base base;
  SEXTANT_TRY(const std::string config, read_text(folder, "config.json"));
  SEXTANT_TRY(base.config, parse_json(config, (folder / "config.json").string()));
  SEXTANT_TRY(base.shape, nn::bert_config_from_hf(base.config));
  SEXTANT_TRY(base.tokenizer, read_text(folder, "tokenizer.json"));
  SEXTANT_TRY(base.tokenizer_config, io::read_folder_file(folder, "tokenizer_config.json"));
  return base;
}

Result<std::unique_ptr<ClassificationDataset>> open_rows(const Recipe& recipe,
                                                         const DataConfig& data,
                                                         const std::string& file,
                                                         const text::Tokenizer& tokenizer) {
  return ClassificationDataset::open({.file = recipe.folder / file,
                                      .columns = data.columns,
                                      .max_length = data.max_length,
                                      .classes = static_cast<int64_t>(data.labels.size())},
                                     tokenizer);
}

class ClassifyTextTask : public Task {
 public:
  static Result<std::unique_ptr<Task>> create(const Recipe& recipe, torch::Device device) {
    SEXTANT_TRY(Tables tables, read_tables(recipe));
    const fs::path folder = recipe.folder / tables.model.from;
    SEXTANT_TRY(Base base, read_base(folder));
    if (tables.data.max_length > base.shape.max_positions) {
      return fail(
          ErrorCode::kInvalidArgument,
          "[train/classify_text] data.max_length: expected at most the model's {} positions, "
          "found {}",
          base.shape.max_positions, tables.data.max_length);
    }
    SEXTANT_TRY(const auto tokenizer, text::Tokenizer::from_hf_json(base.tokenizer));
    std::unique_ptr<ClassifyTextTask> task(new ClassifyTextTask(recipe, device));
    SEXTANT_TRY(task->training_, open_rows(recipe, tables.data, tables.data.train, tokenizer));
    if (!tables.data.held_out_text.empty()) {
      tables.data.columns.text = tables.data.held_out_text;
    }
    SEXTANT_TRY(task->held_out_, open_rows(recipe, tables.data, tables.data.held_out, tokenizer));
    task->network_ = nn::BertClassifier(base.shape, static_cast<int64_t>(tables.data.labels.size()),
                                        tables.model.dropout,
                                        at::make_generator<at::CPUGeneratorImpl>(recipe.seed));
    SEXTANT_TRY(const auto weights, io::open_tensors(folder));
    SEXTANT_TRY_VOID(nn::load_bert(*task->network_, *weights));
    task->network_->set_recompute(recipe.recompute);
    task->network_->to(device);
    task->base_ = std::move(base);
    task->labels_ = std::move(tables.data.labels);
    return task;
  }

  torch::nn::Module& network() override { return *network_; }
  const Dataset& training_data() const override { return *training_; }

  int64_t targets(const std::vector<torch::Tensor>& fields) const override {
    return fields[2].ne(kIgnoredLabel).sum().item<int64_t>();
  }

  torch::Tensor loss_sum(const std::vector<torch::Tensor>& fields) override {
    return at::cross_entropy_loss(logits(fields), fields[2], {}, at::Reduction::Sum, kIgnoredLabel,
                                  smoothing_);
  }

  Result<OrderedJson> evaluate(int64_t samples, const Context& context) override {
    Evaluation evaluation(*network_, *held_out_, device_);
    double loss = 0;
    int64_t right = 0;
    int64_t count = 0;
    SEXTANT_TRY_VOID(
        evaluation.each_batch(samples, kEvaluationBatch, context, [&](const auto& fields) {
          const torch::Tensor scores = logits(fields);
          loss += at::cross_entropy_loss(scores, fields[2], {}, at::Reduction::Sum, kIgnoredLabel)
                      .template item<double>();
          right += scores.argmax(1).eq(fields[2]).sum().template item<int64_t>();
          count += targets(fields);
        }));
    const auto mean = static_cast<double>(std::max<int64_t>(count, 1));
    return OrderedJson{
        {"loss", loss / mean}, {"accuracy", static_cast<double>(right) / mean}, {"targets", count}};
  }

  Result<void> write_model_files(const fs::path& folder) const override {
    OrderedJson config = base_.config;
    config["architectures"] = {"BertForSequenceClassification"};
    OrderedJson names, indices;
    for (size_t i = 0; i < labels_.size(); ++i) {
      names[std::to_string(i)] = labels_[i];
      indices[labels_[i]] = i;
    }
    config["id2label"] = std::move(names);
    config["label2id"] = std::move(indices);
    config["problem_type"] = "single_label_classification";
    SEXTANT_TRY_VOID(io::write_file_atomically(folder / "config.json", config.dump(2) + "\n"));
    SEXTANT_TRY_VOID(io::write_file_atomically(folder / "tokenizer.json", base_.tokenizer));
    return base_.tokenizer_config ? io::write_file_atomically(folder / "tokenizer_config.json",
                                                              *base_.tokenizer_config)
                                  : Result<void>();
  }

 private:
  ClassifyTextTask(const Recipe& recipe, torch::Device device)
      : smoothing_(recipe.label_smoothing), device_(device) {}

  // Without the columns that are padding in every row.
  torch::Tensor logits(const std::vector<torch::Tensor>& fields) {
    const auto longest = fields[1].sum(1).max().item<int64_t>();
    return network_->forward(fields[0].slice(1, 0, longest), fields[1].slice(1, 0, longest));
  }

  double smoothing_;
  torch::Device device_;
  std::unique_ptr<ClassificationDataset> training_, held_out_;
  nn::BertClassifier network_{nullptr};
  Base base_;
  std::vector<std::string> labels_;
};

}  // namespace

Result<TaskTables> classify_text_tables(const Recipe& recipe) {
  SEXTANT_TRY(Tables tables, read_tables(recipe));
  return std::move(tables.in_force);
}

Result<std::unique_ptr<Task>> make_classify_text_task(const Recipe& recipe, torch::Device device) {
  return ClassifyTextTask::create(recipe, device);
}

}  // namespace sextant::train
