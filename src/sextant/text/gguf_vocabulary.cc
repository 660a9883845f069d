#include "sextant/text/gguf_vocabulary.h"

#include <utility>

#include "sextant/text/sentencepiece.h"

namespace sextant::text {
namespace {

struct Entry {
  std::string_view model;
  Result<TokenizerParts> (*make)(GgufVocabulary vocabulary);
};

// One line a value of tokenizer.ggml.model.
constexpr Entry kMakers[] = {
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

Result<Tokenizer> Tokenizer::from_gguf(GgufVocabulary vocabulary) {
  for (const Entry& entry : kMakers) {
    if (entry.model == vocabulary.model && entry.make != nullptr) {
      SEXTANT_TRY(TokenizerParts parts, entry.make(std::move(vocabulary)));
      return make_tokenizer(std::move(parts));
    }
  }
  return fail(ErrorCode::kUnsupported, "[text/gguf] tokenizer.ggml.model: no support for \"{}\"",
              vocabulary.model);
}

}  // namespace sextant::text
