// Vectors of sentences: texts of like meaning have a cosine near 1. The hidden states of a
// BERT-form encoder are pooled and normalised as the model's folder says; without modules.json, by
// their mean, to length 1.
//
//   SEXTANT_TRY(auto encoder, lm::SentenceEncoder::load(folder, context));
//   SEXTANT_TRY(const auto vectors, encoder.encode(texts, context));  // [texts, dimension]
//
// Immutable. A text's vector is the same bits whatever it is encoded with.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sextant/lm/bert_model.h"
#include "sextant/lm/sentence_config.h"

namespace sextant::lm {

class SentenceEncoder {
 public:
  // Errors of load_bert_model and sentence_config.h.
  static Result<SentenceEncoder> load(const std::filesystem::path& folder, const Context& context);

  const BertModel& model() const { return model_; }
  int64_t dimension() const { return model_.bert.config().dim; }

  // Row-major [texts, dimension]. Error kCancelled.
  Result<std::vector<float>> encode(std::span<const std::string> texts,
                                    const Context& context) const;

 private:
  SentenceEncoder(BertModel model, Pooling pooling, bool normalise)
      : model_(std::move(model)), pooling_(pooling), normalise_(normalise) {}

  BertModel model_;
  Pooling pooling_;
  bool normalise_;
};

// The cosine of the angle between two vectors of equal length; 0 where one is 0.
double cosine(std::span<const float> a, std::span<const float> b);

}  // namespace sextant::lm
