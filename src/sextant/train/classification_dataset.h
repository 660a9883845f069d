// Sentences and their classes from a TSV or JSONL file (plain or .gz), as token ids.
//
// Fields: input_ids I64 [max_length], attention_mask I64 [max_length] (1 for tokens, 0 for padding
// behind them), labels I64 []. Longer sentences lose tokens at their end; what the tokenizer adds
// ([CLS], [SEP]) stays. Everything is tokenised when opened; four bytes a token stay in memory.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "sextant/text/tokenizer.h"
#include "sextant/train/dataset.h"
#include "sextant/train/labelled_text.h"

namespace sextant::train {

struct ClassificationOptions {
  std::filesystem::path file = {};  // .tsv or .jsonl, and .gz of them
  LabelledColumns columns = {};
  int64_t max_length = 128;
  int64_t classes = 0;  // labels must be below; 0: as many as names, or the largest label + 1
  std::optional<int32_t> padding = {};  // id; by default that of [PAD] or <pad>
};

class ClassificationDataset : public Dataset {
 public:
  // The tokenizer is used here only. Errors: those of reading the file and of its rows,
  // kInvalidArgument (options).
  static Result<std::unique_ptr<ClassificationDataset>> open(const ClassificationOptions& options,
                                                             const text::Tokenizer& tokenizer);

  int64_t size() const override { return static_cast<int64_t>(labels_.size()); }
  const std::vector<FieldSpec>& fields() const override { return fields_; }
  Result<void> read(int64_t index, uint64_t seed,
                    std::span<const std::span<std::byte>> out) const override;

  int64_t classes() const { return classes_; }
  // Sentences that were too long.
  int64_t truncated() const { return truncated_; }

 private:
  ClassificationDataset() = default;
  Result<void> add(std::string_view text, int64_t label, const text::Tokenizer& tokenizer,
                   const ClassificationOptions& options);

  std::vector<int32_t> ids_;
  std::vector<size_t> begins_ = {0};  // of sentences; the last one is the end
  std::vector<int64_t> labels_;
  int64_t classes_ = 0;
  int64_t truncated_ = 0;
  int32_t padding_ = 0;
  std::vector<FieldSpec> fields_;
};

}  // namespace sextant::train
