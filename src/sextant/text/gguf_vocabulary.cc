#include "sextant/text/gguf_vocabulary.h"

#include <utility>

#include "sextant/text/bert.h"
#include "sextant/text/sentencepiece.h"

namespace sextant::text {
namespace {

struct Entry {
  std::string_view model;
  Result<TokenizerParts> (*make)(GgufVocabulary vocabulary);
};

// One line a value of tokenizer.ggml.model.
constexpr Entry kMakers[] = {
    {"bert", parts_from_gguf_bert},
    {"gpt2", parts_from_gguf_bpe},
    {"llama", parts_from_gguf_llama},
    {"t5", parts_from_gguf_t5},
};

}  // namespace

std::vector<AddedToken> added_tokens_of(const GgufVocabulary& vocabulary) {
  constexpr int32_t kControl = 3;
  constexpr int32_t kUserDefined = 4;
  std::vector<AddedToken> added;
  for (size_t i = 0; i < vocabulary.types.size() && i < vocabulary.tokens.size(); ++i) {
    const int32_t type = vocabulary.types[i];
    if ((type == kControl || type == kUserDefined) && !vocabulary.tokens[i].empty()) {
      added.push_back({.content = vocabulary.tokens[i],
                       .id = static_cast<int32_t>(i),
                       .special = type == kControl});
    }
  }
  return added;
}

void apply_gguf_specials(const GgufVocabulary& vocabulary, TokenizerParts& parts) {
  parts.bos = vocabulary.bos;
  parts.eos = vocabulary.eos;
  parts.unknown = vocabulary.unknown;
  if (vocabulary.add_bos.value_or(false) && vocabulary.bos) {
    parts.frame.before.push_back(*vocabulary.bos);
  }
  if (vocabulary.add_eos.value_or(false) && vocabulary.eos) {
    parts.frame.after.push_back(*vocabulary.eos);
  }
}

Result<Tokenizer> Tokenizer::from_gguf(GgufVocabulary vocabulary) {
  if (!vocabulary.types.empty() && vocabulary.types.size() != vocabulary.tokens.size()) {
    return fail(ErrorCode::kDataLoss,
                "[text/gguf] tokenizer.ggml.token_type: expected {} values, found {}",
                vocabulary.tokens.size(), vocabulary.types.size());
  }
  for (const Entry& entry : kMakers) {
    if (entry.model == vocabulary.model) {
      SEXTANT_TRY(TokenizerParts parts, entry.make(std::move(vocabulary)));
      return make_tokenizer(std::move(parts));
    }
  }
  return fail(ErrorCode::kUnsupported, "[text/gguf] tokenizer.ggml.model: no support for \"{}\"",
              vocabulary.model);
}

}  // namespace sextant::text
