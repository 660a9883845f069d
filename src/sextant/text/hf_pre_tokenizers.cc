#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "sextant/text/hf_components.h"
#include "sextant/text/hf_pieces.h"
#include "sextant/text/splitters.h"
#include "sextant/text/unicode.h"

namespace sextant::text::hf {
namespace {

using Maker = Result<void> (*)(const Json&, TokenizerParts&);

constexpr size_t kMaxStages = 64;

template <class T, class... Args>
void add(TokenizerParts& parts, Args&&... args) {
  parts.pre_tokenizers.push_back(std::make_unique<T>(std::forward<Args>(args)...));
}

Result<void> add_sequence(const Json& json, TokenizerParts& parts) {
  const auto members = json.find("pretokenizers");
  if (members == json.end() || !members->is_array()) {
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] pre_tokenizer: Sequence: expected a list \"pretokenizers\"");
  }
  for (const Json& one : *members) {
    SEXTANT_TRY_VOID(add_pre_tokenizer(one, parts));
  }
  return {};
}

Result<SplitBehavior> behavior_of(const Json& json) {
  SEXTANT_TRY(const std::string name, string_member(json, "behavior"));
  static const std::map<std::string, SplitBehavior, std::less<>> kNames = {
      {"Removed", SplitBehavior::kRemoved},
      {"Isolated", SplitBehavior::kIsolated},
      {"MergedWithPrevious", SplitBehavior::kMergedPrevious},
      {"MergedWithNext", SplitBehavior::kMergedNext},
      {"Contiguous", SplitBehavior::kContiguous}};
  const auto place = kNames.find(name);
  if (place == kNames.end()) {
    return fail(ErrorCode::kUnsupported,
                "[text/hf_json] pre_tokenizer: no support for behavior \"{}\"", name);
  }
  return place->second;
}

Result<void> add_split(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const SplitBehavior behavior, behavior_of(json));
  SEXTANT_TRY(const bool invert, bool_member(json, "invert", false));
  SEXTANT_TRY(const Pattern pattern, pattern_member(json));
  if (pattern.is_regex) {
    const std::optional<SplitPattern> known = known_pattern(pattern.text);
    // All text belongs to matches, so that it comes to the same if what lies between is removed.
    if (known && ((behavior == SplitBehavior::kIsolated) ||
                  (behavior == SplitBehavior::kRemoved && invert))) {
      add<ScannerSplit>(parts, *known);
      return {};
    }
    SEXTANT_TRY(Regex regex, Regex::compile(pattern.text));
    add<Split>(parts, std::move(regex), behavior, invert);
    return {};
  }
  SEXTANT_TRY(Regex regex, Regex::literal(pattern.text));
  add<Split>(parts, std::move(regex), behavior, invert);
  return {};
}

Result<void> add_byte_level(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const bool prefix, bool_member(json, "add_prefix_space", true));
  SEXTANT_TRY(const bool use_regex, bool_member(json, "use_regex", true));
  if (prefix || use_regex) {
    add<ByteLevel>(parts, prefix, use_regex);
  }
  parts.byte_level = true;
  return {};
}

Result<void> add_digits(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const bool individual, bool_member(json, "individual_digits", false));
  add<ClassSplit>(parts, char_class::kNumeric,
                  individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous);
  return {};
}

Result<void> add_punctuation(const Json& json, TokenizerParts& parts) {
  SplitBehavior behavior = SplitBehavior::kIsolated;
  if (json.contains("behavior")) {
    SEXTANT_TRY(behavior, behavior_of(json));
  }
  add<ClassSplit>(parts, char_class::kPunctuation, behavior);
  return {};
}

Result<void> add_whitespace_split(const Json&, TokenizerParts& parts) {
  add<ClassSplit>(parts, char_class::kSpace, SplitBehavior::kRemoved);
  return {};
}

Result<void> add_whitespace(const Json&, TokenizerParts& parts) {
  add<WordSplit>(parts);
  return {};
}

const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> table = {
      {"BertPreTokenizer", add_bert_pre_tokenizer},
      {"ByteLevel", add_byte_level},
      {"Digits", add_digits},
      {"Metaspace", add_metaspace},
      {"Punctuation", add_punctuation},
      {"Sequence", add_sequence},
      {"Split", add_split},
      {"Whitespace", add_whitespace},
      {"WhitespaceSplit", add_whitespace_split},
  };
  return table;
}

}  // namespace

Result<void> add_pre_tokenizer(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const std::string type, type_of(json, "pre_tokenizer"));
  const auto maker = makers().find(type);
  if (maker == makers().end()) {
    return fail(ErrorCode::kUnsupported, "[text/hf_json] pre_tokenizer: no support for type \"{}\"",
                type);
  }
  if (parts.pre_tokenizers.size() >= kMaxStages) {
    return fail(ErrorCode::kOutOfRange, "[text/hf_json] pre_tokenizer: expected at most {} stages",
                kMaxStages);
  }
  if (parts.byte_level && type != "Sequence") {
    return fail(ErrorCode::kUnsupported,
                "[text/hf_json] pre_tokenizer: no support for \"{}\" behind ByteLevel", type);
  }
  return maker->second(json, parts);
}

}  // namespace sextant::text::hf
