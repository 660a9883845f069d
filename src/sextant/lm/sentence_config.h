// How a sentence vector is made of the hidden states of an encoder: the files that the
// sentence-transformers library keeps beside a model (modules.json, 1_Pooling/config.json,
// sentence_bert_config.json).
//
// Errors: kDataLoss (a field of the wrong type), kUnsupported (a module or pooling that nothing
// here computes, named).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sextant/base/error.h"
#include "sextant/base/json.h"

namespace sextant::lm {

enum class Pooling { kMean, kFirst };  // over all tokens of the text, or the first ([CLS])

struct SentenceModules {
  std::string pooling_folder;  // a plain name; empty where no module pools
  bool normalise = false;      // to length 1
};

// modules.json: a transformer, a pooling, and maybe a normalisation.
Result<SentenceModules> sentence_modules_from_json(const Json& modules);

// config.json of the pooling module.
Result<Pooling> pooling_from_json(const Json& config);

// max_seq_length of sentence_bert_config.json; nothing where it is not set.
Result<std::optional<int64_t>> sentence_length_from_json(const Json& config);

}  // namespace sextant::lm
