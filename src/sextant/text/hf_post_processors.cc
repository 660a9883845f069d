#include <functional>
#include <map>
#include <utility>

#include "sextant/text/hf_components.h"
#include "sextant/text/hf_pieces.h"

namespace sextant::text::hf {
namespace {

using Maker = Result<void> (*)(const Json&, TokenizerParts&);

constexpr size_t kMaxIds = 1024;  // on one side of the text

Result<void> add_sequence(const Json& json, TokenizerParts& parts) {
  const auto members = json.find("processors");
  if (members == json.end() || !members->is_array()) {
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] post_processor: Sequence: expected a list \"processors\"");
  }
  for (const Json& one : *members) {
    SEXTANT_TRY_VOID(add_post_processor(one, parts));
  }
  return {};
}

// It moves offsets only, and there are none here.
Result<void> add_byte_level(const Json&, TokenizerParts&) { return {}; }

Failure bad_template(std::string_view what) {
  return fail(ErrorCode::kDataLoss, "[text/hf_json] post_processor: TemplateProcessing: {}", what);
}

// The ids of one entry of special_tokens.
Result<std::vector<int32_t>> special_ids(const Json& json, const std::string& name) {
  const auto specials = json.find("special_tokens");
  if (specials == json.end() || !specials->is_object() || !specials->contains(name) ||
      !(*specials)[name].is_object() || !(*specials)[name].contains("ids") ||
      !(*specials)[name]["ids"].is_array() || (*specials)[name]["ids"].size() > kMaxIds) {
    return bad_template(format("special_tokens: expected ids of \"{}\"", name.substr(0, 80)));
  }
  std::vector<int32_t> ids;
  for (const Json& id : (*specials)[name]["ids"]) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX) {
      return bad_template(
          format("special_tokens: \"{}\": expected ids, found {}", name.substr(0, 80), id.dump()));
    }
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

// "single": a list of {"SpecialToken": {"id": name}} around one {"Sequence": {"id": "A"}}.
Result<void> add_template(const Json& json, TokenizerParts& parts) {
  const auto single = json.find("single");
  if (single == json.end() || !single->is_array() || single->size() > kMaxIds) {
    return bad_template("expected a list \"single\"");
  }
  bool seen_text = false;
  SpecialFrame frame;
  for (const Json& piece : *single) {
    if (piece.is_object() && piece.contains("Sequence") && !seen_text) {
      seen_text = true;
      continue;
    }
    if (!piece.is_object() || !piece.contains("SpecialToken")) {
      return bad_template("\"single\": expected special tokens and one text");
    }
    SEXTANT_TRY(const std::string name, string_member(piece["SpecialToken"], "id"));
    SEXTANT_TRY(const std::vector<int32_t> ids, special_ids(json, name));
    std::vector<int32_t>& side = seen_text ? frame.after : frame.before;
    side.insert(side.end(), ids.begin(), ids.end());
    if (side.size() > kMaxIds) {
      return bad_template(format("expected at most {} ids", kMaxIds));
    }
  }
  if (!seen_text) {
    return bad_template("\"single\": expected the text \"A\", found none");
  }
  parts.frame.before.insert(parts.frame.before.begin(), frame.before.begin(), frame.before.end());
  parts.frame.after.insert(parts.frame.after.end(), frame.after.begin(), frame.after.end());
  return {};
}

const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> table = {
      {"BertProcessing", add_bert_processing},    {"ByteLevel", add_byte_level},
      {"RobertaProcessing", add_bert_processing}, {"Sequence", add_sequence},
      {"TemplateProcessing", add_template},
  };
  return table;
}

}  // namespace

Result<void> add_post_processor(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const std::string type, type_of(json, "post_processor"));
  const auto maker = makers().find(type);
  if (maker == makers().end()) {
    return fail(ErrorCode::kUnsupported,
                "[text/hf_json] post_processor: no support for type \"{}\"", type);
  }
  SEXTANT_TRY_VOID(maker->second(json, parts));
  if (parts.frame.before.size() > kMaxIds || parts.frame.after.size() > kMaxIds) {
    return fail(ErrorCode::kOutOfRange, "[text/hf_json] post_processor: expected at most {} ids",
                kMaxIds);
  }
  return {};
}

}  // namespace sextant::text::hf
