// A language model as a user has it: network, tokenizer, chat template, where the text ends.
//
//   SEXTANT_TRY(auto model, lm::load_language_model(path, context));
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/lm/decoder.h"
#include "sextant/text/chat_template.h"
#include "sextant/text/tokenizer.h"

namespace sextant::lm {

struct LanguageModel {
  std::string name;  // the folder or file name without ending
  std::filesystem::path path;
  Decoder decoder;
  text::Tokenizer tokenizer;
  std::string chat_template;  // the model's own text; empty where it has none
  std::vector<int32_t> eos;   // tokens that end a text

  bool ends_text(int32_t token) const;
};

// A GGUF file, or a Hugging Face folder with config.json, weights and tokenizer files.
// Errors of the readers; kDataLoss where vocabulary and embedding disagree.
Result<LanguageModel> load_language_model(const std::filesystem::path& path,
                                          const Context& context);

// Only the network of such a model.
Result<Decoder> load_decoder(const std::filesystem::path& path, const Context& context);

}  // namespace sextant::lm
