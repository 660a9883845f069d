// Classes of texts: a BERT-form encoder with a classification head, such as a model fine-tuned on
// sentiment.
//
//   SEXTANT_TRY(auto classifier, lm::TextClassifier::load(folder, context));
//   SEXTANT_TRY(const auto logits, classifier.logits(texts, context));  // [texts, classes]
//
// Immutable. A text's logits are the same bits whatever it is computed with.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sextant/lm/bert_model.h"

namespace sextant::lm {

class TextClassifier {
 public:
  // Errors of load_bert_model; kUnsupported where the model has no head, or one that does not give
  // one class of several.
  static Result<TextClassifier> load(const std::filesystem::path& folder, const Context& context);

  const BertModel& model() const { return model_; }
  // Names of the classes: id2label, or "LABEL_0" and so on.
  const std::vector<std::string>& labels() const { return labels_; }

  // Row-major [texts, classes]. Error kCancelled.
  Result<std::vector<float>> logits(std::span<const std::string> texts,
                                    const Context& context) const;

 private:
  TextClassifier(BertModel model, std::vector<std::string> labels)
      : model_(std::move(model)), labels_(std::move(labels)) {}

  BertModel model_;
  std::vector<std::string> labels_;
};

}  // namespace sextant::lm
