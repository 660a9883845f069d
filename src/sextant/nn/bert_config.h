// The shape of a BERT-form encoder, read from config.json of a Hugging Face folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"

namespace sextant::nn {

enum class BertActivation { kGelu, kGeluTanh, kRelu };

struct BertConfig {
  int64_t vocab_size = 0;
  int64_t dim = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t ffn_dim = 0;
  int64_t max_positions = 0;  // tokens of the longest sequence
  int64_t types = 0;          // token types (sentence A, sentence B)
  float norm_eps = 1e-12f;
  BertActivation activation = BertActivation::kGelu;
  // Names of the classes by index, from id2label; empty where the file gives none.
  std::vector<std::string> labels;
  // False where the head gives anything but one class of several (regression, several labels).
  bool one_label = true;

  int64_t head_dim() const { return dim / heads; }
};

// Errors: kDataLoss (a field of the wrong type, missing or out of range, named), kUnsupported
// (another model_type, activation or kind of positions).
Result<BertConfig> bert_config_from_hf(const Json& config);

}  // namespace sextant::nn
