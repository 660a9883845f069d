// A BERT-form encoder as a user has it: a Hugging Face folder with network and tokenizer, run on
// texts. For vectors of sentences see sentence_encoder.h, for classes text_classifier.h.
//
//   SEXTANT_TRY(auto model, lm::load_bert_model(folder, context));
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/lm/bert.h"
#include "sextant/text/tokenizer.h"

namespace sextant::lm {

struct BertModel {
  std::string name;  // of the folder as it was given
  Bert bert;
  text::Tokenizer tokenizer;
  int64_t max_tokens = 0;  // longer texts are cut, their [SEP] kept

  // [CLS] text [SEP]. "[MASK]" and the like in the text are those tokens, as in the reference.
  std::vector<int32_t> tokens_of(std::string_view text) const;
};

// The hidden states of some neighbouring texts, one behind another.
struct BertBatch {
  size_t first = 0;  // index of the first text
  std::span<const int64_t> lengths;
  std::span<const float> hidden;  // [sum of lengths, dim]
};

Result<nn::BertConfig> read_bert_config(const std::filesystem::path& folder);

// Only the network.
Result<Bert> load_bert(const std::filesystem::path& folder, const Context& context);

// The tokenizer is tokenizer.json, or else vocab.txt with tokenizer_config.json. Texts are cut at
// the smallest of max_position_embeddings, tokenizer_config.json's model_max_length, and
// sentence_bert_config.json's max_seq_length. Errors of the readers; kDataLoss where vocabulary and
// embedding disagree; kUnsupported where the tokenizer is not of the form [CLS] text [SEP].
Result<BertModel> load_bert_model(const std::filesystem::path& folder, const Context& context);

// Runs all texts in their order, in batches of some hundred tokens, and hands each batch over.
// Error kCancelled.
Result<void> run_texts(const BertModel& model, std::span<const std::string> texts,
                       const Context& context, const std::function<void(const BertBatch&)>& each);

}  // namespace sextant::lm
