// The parts of a tokenizer.json, each made by one function from its JSON object. Used by
// hf_json.cc only; the classes behind the interfaces are private to the .cc files.
//
// A new component is one line in the table of its file. All errors are kUnsupported (a type or
// setting that nothing here handles; the message names it) or kDataLoss (a malformed object).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/text/hf_vocabulary.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text::hf {

// Each takes the object of its section and appends what it makes to `parts`; a Sequence appends
// its members. They run in the order normalizer, pre_tokenizer, model, decoder, post_processor.
Result<void> add_normalizer(const Json& json, TokenizerParts& parts);
Result<void> add_pre_tokenizer(const Json& json, TokenizerParts& parts);
Result<void> add_decoder(const Json& json, TokenizerParts& parts);
Result<void> add_post_processor(const Json& json, TokenizerParts& parts);
// Sets parts.model, kind and unknown. `source` holds the vocabulary and merges, which are read
// without a DOM.
Result<void> add_model(const Json& json, const VocabularySource& source, TokenizerParts& parts);

// Members of an object, checked. Absent or null gives `fallback` (or an error without one).
Result<std::string> string_member(const Json& object, std::string_view key);
Result<bool> bool_member(const Json& object, std::string_view key, bool fallback);
Result<int64_t> int_member(const Json& object, std::string_view key);
// "pattern" of Split and Replace: {"String": "x"} or {"Regex": "x+"}.
struct Pattern {
  std::string text;
  bool is_regex = false;
};
Result<Pattern> pattern_member(const Json& object);
// The "type" of a component, or an error that says which section lacks it.
Result<std::string> type_of(const Json& json, std::string_view section);

}  // namespace sextant::text::hf
