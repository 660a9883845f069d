#include "sextant/text/gguf_vocabulary.h"

#include <utility>

namespace sextant::text {
namespace {

struct Entry {
  std::string_view model;
  Result<TokenizerParts> (*make)(GgufVocabulary vocabulary);
};

// One line a value of tokenizer.ggml.model.
constexpr Entry kMakers[] = {
    {"", nullptr},
};

}  // namespace

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
