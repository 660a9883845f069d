#include <functional>
#include <map>
#include <utility>

#include "sextant/text/byte_alphabet.h"
#include "sextant/text/hf_components.h"
#include "sextant/text/hf_pieces.h"

namespace sextant::text::hf {
namespace {

using Maker = Result<void> (*)(const Json&, TokenizerParts&);

constexpr size_t kMaxStages = 64;

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

Result<void> add_byte_level(const Json&, TokenizerParts& parts) {
  parts.decoders.push_back(make_byte_level_decoder());
  return {};
}

const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> table = {
      {"BPEDecoder", add_suffix_decoder},   {"ByteFallback", add_byte_fallback_decoder},
      {"ByteLevel", add_byte_level},        {"Fuse", add_fuse_decoder},
      {"Metaspace", add_metaspace_decoder}, {"Replace", add_replace_decoder},
      {"Sequence", add_sequence},           {"Strip", add_strip_decoder},
      {"WordPiece", add_wordpiece_decoder},
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
  if (parts.decoders.size() >= kMaxStages) {
    return fail(ErrorCode::kOutOfRange, "[text/hf_json] decoder: expected at most {} stages",
                kMaxStages);
  }
  return maker->second(json, parts);
}

}  // namespace sextant::text::hf
