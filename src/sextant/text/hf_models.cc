#include "sextant/text/hf_bpe.h"
#include "sextant/text/hf_components.h"
#include "sextant/text/hf_pieces.h"

namespace sextant::text::hf {
namespace {

using Maker = Result<void> (*)(const Json&, const VocabularySource&, TokenizerParts&);

struct Entry {
  std::string_view type;
  Maker make;
};

// One line a model type.
constexpr Entry kMakers[] = {
    {"BPE", add_bpe},
    {"Unigram", add_unigram},
    {"WordPiece", add_wordpiece},
};

// Files of before 2020 carry no type: only BPE has merges, only unigram has scores.
Result<std::string> model_type(const Json& json, const VocabularySource& source) {
  if (json.contains("type")) {
    return string_member(json, "type");
  }
  return std::string(source.is_list() ? "Unigram" : source.merges.empty() ? "WordPiece" : "BPE");
}

}  // namespace

Result<void> add_model(const Json& json, const VocabularySource& source, TokenizerParts& parts) {
  SEXTANT_TRY(const std::string type, model_type(json, source));
  for (const Entry& entry : kMakers) {
    if (entry.type == type) {
      return entry.make(json, source, parts);
    }
  }
  return fail(ErrorCode::kUnsupported, "[text/hf_json] model: no support for type \"{}\"", type);
}

}  // namespace sextant::text::hf
