#include <map>

#include "sextant/text/hf_components.h"

namespace sextant::text::hf {
namespace {

using Maker = Result<void> (*)(const Json&, TokenizerParts&);

Result<void> add_sequence(const Json& json, TokenizerParts& parts) {
  const auto members = json.find("decoders");
  if (members == json.end() || !members->is_array()) {
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] decoder: Sequence: expected a list \"decoders\"");
  }
  for (const Json& one : *members) {
    SEXTANT_TRY_VOID(add_decoder(one, parts));
  }
  return {};
}

const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> table = {
      {"Sequence", add_sequence},
  };
  return table;
}

}  // namespace

Result<void> add_decoder(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const std::string type, type_of(json, "decoder"));
  const auto maker = makers().find(type);
  if (maker == makers().end()) {
    return fail(ErrorCode::kUnsupported, "[text/hf_json] decoder: no support for type \"{}\"",
                type);
  }
  return maker->second(json, parts);
}

}  // namespace sextant::text::hf
