#include "sextant/lm/text_classifier.h"

namespace sextant::lm {

Result<TextClassifier> TextClassifier::load(const std::filesystem::path& folder,
                                            const Context& context) {
  SEXTANT_TRY(BertModel model, load_bert_model(folder, context));
  const int64_t classes = model.bert.classes();
  if (classes < 2 || !model.bert.config().one_label) {
    return fail(ErrorCode::kUnsupported,
                "[lm/classifier] head: expected one that gives one class of several, found {} ({})",
                classes == 0   ? std::string("none")
                : classes == 1 ? std::string("one of a single value")
                               : std::string("another problem_type in config.json"),
                folder.string());
  }
  std::vector<std::string> labels = model.bert.config().labels;
  for (int64_t i = static_cast<int64_t>(labels.size()); i < classes; ++i) {
    labels.push_back(sextant::format("LABEL_{}", i));
  }
  return TextClassifier(std::move(model), std::move(labels));
}

Result<std::vector<float>> TextClassifier::logits(std::span<const std::string> texts,
                                                  const Context& context) const {
  std::vector<float> out;
  SEXTANT_TRY_VOID(run_texts(model_, texts, context, [&](const BertBatch& batch) {
    const auto rows = model_.bert.logits(batch.hidden, batch.lengths, context.pool);
    out.insert(out.end(), rows.begin(), rows.end());
  }));
  return out;
}

}  // namespace sextant::lm
