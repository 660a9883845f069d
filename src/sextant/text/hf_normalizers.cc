#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "sextant/text/hf_components.h"
#include "sextant/text/hf_pieces.h"
#include "sextant/text/string_normalizers.h"

namespace sextant::text::hf {
namespace {

using Maker = Result<void> (*)(const Json&, TokenizerParts&);

constexpr size_t kMaxStages = 64;
// Replacements one after another could make gigabytes of a line; real chains stay below 8.
constexpr double kMaxGrowth = 64;

template <class T, class... Args>
void add(TokenizerParts& parts, Args&&... args) {
  parts.normalizers.push_back(std::make_unique<T>(std::forward<Args>(args)...));
}

Result<void> add_sequence(const Json& json, TokenizerParts& parts) {
  const auto members = json.find("normalizers");
  if (members == json.end() || !members->is_array()) {
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] normalizer: Sequence: expected a list \"normalizers\"");
  }
  for (const Json& one : *members) {
    SEXTANT_TRY_VOID(add_normalizer(one, parts));
  }
  return {};
}

template <UnicodeForm kForm>
Result<void> add_form(const Json&, TokenizerParts& parts) {
  add<UnicodeNormalizer>(parts, kForm);
  return {};
}

Result<void> add_lowercase(const Json&, TokenizerParts& parts) {
  add<Lowercase>(parts);
  return {};
}

Result<void> add_strip(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const bool left, bool_member(json, "strip_left", true));
  SEXTANT_TRY(const bool right, bool_member(json, "strip_right", true));
  add<Strip>(parts, left, right);
  return {};
}

Result<void> add_strip_accents(const Json&, TokenizerParts& parts) {
  add<StripAccents>(parts);
  return {};
}

Result<void> grow(TokenizerParts& parts, double factor) {
  parts.growth *= std::max(factor, 1.0);
  if (parts.growth > kMaxGrowth) {
    return fail(ErrorCode::kUnsupported,
                "[text/hf_json] normalizer: expected text to grow at most {}-fold, found {}-fold",
                kMaxGrowth, parts.growth);
  }
  return {};
}

Result<void> add_prepend(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(std::string prefix, string_member(json, "prepend"));
  SEXTANT_TRY_VOID(grow(parts, 1 + static_cast<double>(prefix.size()) / 64));
  add<Prepend>(parts, std::move(prefix));
  return {};
}

Result<void> add_replace(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const Pattern pattern, pattern_member(json));
  SEXTANT_TRY(std::string content, string_member(json, "content"));
  const auto size = static_cast<double>(content.size());
  if (pattern.is_regex) {
    SEXTANT_TRY(Regex regex, Regex::compile(pattern.text));
    SEXTANT_TRY_VOID(grow(parts, size + 1));  // it may match between any two characters
    add<Replace>(parts, std::move(regex), std::move(content));
    return {};
  }
  SEXTANT_TRY(Regex regex, Regex::literal(pattern.text));
  SEXTANT_TRY_VOID(grow(parts, size / static_cast<double>(pattern.text.size())));
  add<Replace>(parts, std::move(regex), std::move(content));
  return {};
}

const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> table = {
      {"BertNormalizer", add_bert_normalizer},
      {"Lowercase", add_lowercase},
      {"NFC", add_form<UnicodeForm::kNfc>},
      {"NFD", add_form<UnicodeForm::kNfd>},
      {"NFKC", add_form<UnicodeForm::kNfkc>},
      {"NFKD", add_form<UnicodeForm::kNfkd>},
      {"Precompiled", add_precompiled},
      {"Prepend", add_prepend},
      {"Replace", add_replace},
      {"Sequence", add_sequence},
      {"Strip", add_strip},
      {"StripAccents", add_strip_accents},
  };
  return table;
}

}  // namespace

Result<void> add_normalizer(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const std::string type, type_of(json, "normalizer"));
  const auto maker = makers().find(type);
  if (maker == makers().end()) {
    return fail(ErrorCode::kUnsupported, "[text/hf_json] normalizer: no support for type \"{}\"",
                type);
  }
  if (parts.normalizers.size() >= kMaxStages) {
    return fail(ErrorCode::kOutOfRange, "[text/hf_json] normalizer: expected at most {} stages",
                kMaxStages);
  }
  return maker->second(json, parts);
}

}  // namespace sextant::text::hf
