#include "sextant/text/gpt2_files.h"

#include <algorithm>
#include <utility>

#include "sextant/base/json.h"
#include "sextant/text/byte_alphabet.h"
#include "sextant/text/byte_bpe.h"
#include "sextant/text/hf_bpe.h"
#include "sextant/text/hf_components.h"
#include "sextant/text/splitters.h"

namespace sextant::text {
namespace {

constexpr size_t kMaxMerges = 1'000'000;
constexpr size_t kMaxBytes = size_t{64} << 20;  // of merges.txt, as of JSON

// Appends to the bytes and tells where.
std::pair<uint32_t, uint32_t> keep(hf::VocabularySource& source, std::string_view text) {
  const auto begin = static_cast<uint32_t>(source.bytes.size());
  source.bytes.append(text);
  return {begin, static_cast<uint32_t>(text.size())};
}

Result<void> read_vocab(std::string_view text, hf::VocabularySource& source) {
  const auto entry = [&](std::string_view piece, const Json& id) -> Result<void> {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= kMaxVocabulary) {
      return fail(ErrorCode::kDataLoss,
                  "[text/gpt2] vocab.json \"{}\": expected an id of 0 to {}, found {}",
                  piece.substr(0, 80), kMaxVocabulary - 1, id.dump().substr(0, 80));
    }
    const auto [begin, size] = keep(source, piece);
    source.entries.push_back({begin, size, id.get<int32_t>()});
    return {};
  };
  const JsonStream streams[] = {{.path = {}, .each = entry}};
  SEXTANT_TRY(const Json json, parse_json(text, "vocab.json", {}, streams));
  if (!json.is_object() || source.entries.empty()) {
    return fail(ErrorCode::kDataLoss, "[text/gpt2] vocab.json: expected an object of ids");
  }
  return {};
}

// "#version: ..." first, then "left right" a line.
Result<void> read_merges(std::string_view text, hf::VocabularySource& source) {
  if (text.size() > kMaxBytes) {
    return fail(ErrorCode::kOutOfRange,
                "[text/gpt2] merges.txt: expected at most {} bytes, found {}", kMaxBytes,
                text.size());
  }
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    ++number;
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    if (line.empty() || line.starts_with("#version")) {
      continue;
    }
    const size_t space = line.find(' ');
    const bool two = space != line.npos && space > 0 && space + 1 < line.size() &&
                     line.find(' ', space + 1) == line.npos;
    if (!two || source.merges.size() >= kMaxMerges) {
      return fail(ErrorCode::kDataLoss,
                  "[text/gpt2] merges.txt line {}: expected \"left right\" and at most {} of them, "
                  "found \"{}\"",
                  number, kMaxMerges, line.substr(0, 80));
    }
    const auto [left, left_size] = keep(source, line.substr(0, space));
    const auto [right, right_size] = keep(source, line.substr(space + 1));
    source.merges.push_back({left, left_size, right, right_size});
  }
  return {};
}

// A control token of tokenizer_config.json: a text, or an object with "content".
Result<std::string> control_token(const Json& config, const char* name, std::string missing) {
  const auto place = config.find(name);
  if (place == config.end()) {
    return missing;
  }
  if (place->is_null()) {
    return std::string();
  }
  const auto text = place->is_object() ? place->value("content", Json()) : *place;
  if (!text.is_string()) {
    return fail(ErrorCode::kDataLoss,
                "[text/gpt2] tokenizer_config.json \"{}\": expected a token, found {}", name,
                text.dump().substr(0, 80));
  }
  return text.get<std::string>();
}

Result<Json> read_config(std::string_view text) {
  Json config = Json::object();
  if (!text.empty()) {
    SEXTANT_TRY(config, parse_json(text, "tokenizer_config.json"));
  }
  if (!config.is_object()) {
    return fail(ErrorCode::kDataLoss, "[text/gpt2] tokenizer_config.json: expected an object");
  }
  SEXTANT_TRY(const bool add_eos, hf::bool_member(config, "add_eos_token", false));
  if (add_eos) {
    return fail(ErrorCode::kUnsupported,
                "[text/gpt2] tokenizer_config.json: no support for add_eos_token");
  }
  return config;
}

// Marks the control tokens that are entries.
Result<void> add_control_tokens(const Json& config, const Vocabulary& vocabulary,
                                TokenizerParts& parts) {
  struct Role {
    const char* name;
    std::optional<int32_t>* id;
  };
  std::optional<int32_t> padding;
  const Role roles[] = {{"bos_token", &parts.bos},
                        {"eos_token", &parts.eos},
                        {"unk_token", &parts.unknown},
                        {"pad_token", &padding}};
  for (const Role& role : roles) {
    const char* missing = role.id == &padding ? "" : "<|endoftext|>";
    SEXTANT_TRY(const std::string content, control_token(config, role.name, missing));
    *role.id = content.empty() ? std::nullopt : vocabulary.find(content);
    const auto known = [&](const AddedToken& token) { return token.content == content; };
    if (*role.id &&
        std::find_if(parts.added.begin(), parts.added.end(), known) == parts.added.end()) {
      parts.added.push_back({.content = content, .id = **role.id, .special = true});
    }
  }
  return {};
}

}  // namespace

Result<TokenizerParts> parts_from_gpt2_files(std::string_view vocab, std::string_view merges,
                                             std::string_view config) {
  hf::VocabularySource source;
  SEXTANT_TRY_VOID(read_vocab(vocab, source));
  SEXTANT_TRY_VOID(read_merges(merges, source));
  SEXTANT_TRY(const Json settings, read_config(config));
  SEXTANT_TRY(Vocabulary vocabulary, hf::build_vocabulary(source));
  SEXTANT_TRY(const auto rules, hf::resolve_merges(source, vocabulary));
  SEXTANT_TRY(const bool prefix, hf::bool_member(settings, "add_prefix_space", false));
  SEXTANT_TRY(const bool add_bos, hf::bool_member(settings, "add_bos_token", false));
  TokenizerParts parts;
  parts.kind = "byte-level BPE";
  parts.byte_level = true;
  SEXTANT_TRY_VOID(add_control_tokens(settings, vocabulary, parts));
  if (add_bos && parts.bos) {
    parts.frame.before = {*parts.bos};
  }
  parts.pre_tokenizers.push_back(std::make_unique<ByteLevel>(prefix, true));
  // Without an unknown token in the model: bytes that the vocabulary lacks vanish, as in the
  // reference.
  parts.model =
      std::make_unique<ByteBpe>(std::move(vocabulary), BpeMerges(rules), ByteBpeOptions());
  parts.decoders.push_back(make_byte_level_decoder());
  return parts;
}

Result<Tokenizer> Tokenizer::from_gpt2_files(std::string_view vocab, std::string_view merges,
                                             std::string_view config) {
  SEXTANT_TRY(TokenizerParts parts, parts_from_gpt2_files(vocab, merges, config));
  return make_tokenizer(std::move(parts));
}

}  // namespace sextant::text
