#include "sextant/text/hf_bpe.h"

#include <utility>

#include "sextant/text/byte_bpe.h"
#include "sextant/text/hf_components.h"
#include "sextant/text/hf_pieces.h"

namespace sextant::text::hf {
namespace {

Result<std::string> optional_string(const Json& json, std::string_view key) {
  const auto place = json.find(std::string(key));
  if (place == json.end() || place->is_null()) {
    return std::string();
  }
  return string_member(json, key);
}

Result<void> add_byte_bpe(const Json& json, const VocabularySource& source, TokenizerParts& parts) {
  ByteBpeOptions options;
  SEXTANT_TRY(options.ignore_merges, bool_member(json, "ignore_merges", false));
  SEXTANT_TRY(options.fuse_unknown, bool_member(json, "fuse_unk", false));
  SEXTANT_TRY(const bool byte_fallback, bool_member(json, "byte_fallback", false));
  SEXTANT_TRY(const std::string unknown, optional_string(json, "unk_token"));
  SEXTANT_TRY(Vocabulary vocabulary, build_vocabulary(source));
  SEXTANT_TRY(const std::vector<BpeMerges::Rule> rules, resolve_merges(source, vocabulary));
  options.unknown = vocabulary.find(unknown);
  parts.unknown = options.unknown;
  parts.kind = "byte-level BPE";
  auto model = std::make_unique<ByteBpe>(std::move(vocabulary), BpeMerges(rules), options);
  if (byte_fallback && model->lacks_bytes()) {
    return fail(ErrorCode::kUnsupported,
                "[text/hf_json] model BPE: no support for byte_fallback with ByteLevel where the "
                "vocabulary lacks bytes");
  }
  parts.model = std::move(model);
  return {};
}

}  // namespace

Result<Vocabulary> build_vocabulary(const VocabularySource& source) {
  if (source.is_list()) {
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] model.vocab: expected an object of ids, found a list");
  }
  std::vector<Vocabulary::Entry> entries;
  entries.reserve(source.entries.size());
  for (const VocabularySource::Entry& entry : source.entries) {
    entries.push_back({source.view(entry.begin, entry.size), entry.id});
  }
  return Vocabulary::build(entries, "model.vocab");
}

Result<std::vector<BpeMerges::Rule>> resolve_merges(const VocabularySource& source,
                                                    const Vocabulary& vocabulary,
                                                    std::string_view prefix) {
  std::vector<BpeMerges::Rule> rules;
  rules.reserve(source.merges.size());
  std::string merged;
  for (const VocabularySource::Merge& merge : source.merges) {
    const std::string_view left = source.view(merge.left_begin, merge.left_size);
    const std::string_view right = source.view(merge.right_begin, merge.right_size);
    merged = left;
    merged.append(right.substr(right.starts_with(prefix) ? prefix.size() : 0));
    const std::optional<int32_t> ids[] = {vocabulary.find(left), vocabulary.find(right),
                                          vocabulary.find(merged)};
    const std::string_view names[] = {left, right, merged};
    for (size_t i = 0; i < 3; ++i) {
      if (!ids[i]) {
        return fail(ErrorCode::kDataLoss,
                    "[text/hf_json] model.merges entry {}: expected entries of the vocabulary, "
                    "found \"{}\"",
                    rules.size(), names[i].substr(0, 80));
      }
    }
    rules.push_back({*ids[0], *ids[1], *ids[2]});
  }
  return rules;
}

Result<void> add_bpe(const Json& json, const VocabularySource& source, TokenizerParts& parts) {
  const auto dropout = json.find("dropout");
  if (dropout != json.end() && !dropout->is_null() && *dropout != 0.0) {
    return fail(ErrorCode::kUnsupported,
                "[text/hf_json] model BPE: no support for dropout {}: ids would be random",
                dropout->dump());
  }
  bool marked = false;
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    SEXTANT_TRY(const std::string mark, optional_string(json, key));
    marked |= !mark.empty();
  }
  return parts.byte_level && !marked ? add_byte_bpe(json, source, parts)
                                     : add_char_bpe(json, source, parts);
}

}  // namespace sextant::text::hf
