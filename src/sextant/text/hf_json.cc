#include "sextant/text/hf_json.h"

#include <limits>
#include <utility>
#include <vector>

#include "sextant/text/hf_components.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text::hf {
namespace {

constexpr std::string_view kName = "tokenizer.json";
constexpr size_t kMaxAdded = 200'000;
constexpr size_t kMaxMerges = 1'000'000;  // twice the largest known
// For all but vocab and merges, which are streamed: some 30,000 added tokens.
constexpr JsonLimits kLimits{.base_memory = size_t{32} << 20, .memory_per_byte = 0};

struct Slice {
  uint32_t begin;
  uint32_t size;
};

// Collects what the parser streams out of model.vocab and model.merges.
class Collector {
 public:
  Result<void> vocab(std::string_view key, const Json& value) {
    if (source_.entries.size() >= static_cast<size_t>(kMaxVocabulary)) {
      return fail(ErrorCode::kOutOfRange, "[text/hf_json] {}: expected at most {} entries", kName,
                  kMaxVocabulary);
    }
    const auto index = static_cast<int32_t>(source_.entries.size());
    if (value.is_number_integer()) {
      const auto id = value.get<int64_t>();
      if (id < 0 || id >= kMaxVocabulary) {
        return fail(ErrorCode::kOutOfRange,
                    "[text/hf_json] {}: model.vocab \"{}\": expected an id of 0 to {}, found {}",
                    kName, key.substr(0, 80), kMaxVocabulary - 1, value.dump());
      }
      add(key, static_cast<int32_t>(id));
      return {};
    }
    if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_number()) {
      add(value[0].get_ref<const std::string&>(), index);
      source_.scores.push_back(value[1].get<double>());
      return {};
    }
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] {}: model.vocab entry {}: expected \"piece\": id or [piece, score]",
                kName, index);
  }

  Result<void> merge(const Json& value) {
    const size_t rank = source_.merges.size();
    if (rank >= kMaxMerges) {
      return fail(ErrorCode::kOutOfRange, "[text/hf_json] {}: expected at most {} merges", kName,
                  kMaxMerges);
    }
    std::string_view left, right;
    if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string()) {
      left = value[0].get_ref<const std::string&>();
      right = value[1].get_ref<const std::string&>();
    } else if (value.is_string()) {
      const std::string_view both = value.get_ref<const std::string&>();
      const size_t space = both.find(' ');
      if (space != std::string_view::npos && both.find(' ', space + 1) == std::string_view::npos) {
        left = both.substr(0, space);
        right = both.substr(space + 1);
      }
    }
    if (left.empty() || right.empty()) {
      return fail(ErrorCode::kDataLoss,
                  "[text/hf_json] {}: model.merges entry {}: expected \"a b\" or [\"a\", \"b\"]",
                  kName, rank);
    }
    const Slice first = keep(left);
    const Slice second = keep(right);
    source_.merges.push_back({first.begin, first.size, second.begin, second.size});
    return {};
  }

  const VocabularySource& source() const { return source_; }

 private:
  void add(std::string_view piece, int32_t id) {
    const Slice slice = keep(piece);
    source_.entries.push_back({slice.begin, slice.size, id});
  }

  // The text is at most 64 MB, and so is what is kept of it: offsets fit 32 bits.
  Slice keep(std::string_view bytes) {
    const auto begin = static_cast<uint32_t>(source_.bytes.size());
    source_.bytes.append(bytes);
    return {begin, static_cast<uint32_t>(bytes.size())};
  }

  VocabularySource source_;
};

const Json& member(const Json& object, const char* key) {
  static const Json null;
  const auto place = object.find(key);
  return place == object.end() ? null : *place;
}

Result<AddedToken> added_token(const Json& json) {
  AddedToken token;
  SEXTANT_TRY(const int64_t id, int_member(json, "id"));
  if (id < 0 || id >= kMaxVocabulary) {
    return fail(ErrorCode::kOutOfRange, "[text/hf_json] {}: added token: found id {}", kName, id);
  }
  token.id = static_cast<int32_t>(id);
  SEXTANT_TRY(token.content, string_member(json, "content"));
  SEXTANT_TRY(token.special, bool_member(json, "special", false));
  SEXTANT_TRY(token.lstrip, bool_member(json, "lstrip", false));
  SEXTANT_TRY(token.rstrip, bool_member(json, "rstrip", false));
  SEXTANT_TRY(token.normalized, bool_member(json, "normalized", !token.special));
  SEXTANT_TRY(token.single_word, bool_member(json, "single_word", false));
  return token;
}

Result<void> add_added_tokens(const Json& list, TokenizerParts& parts) {
  if (list.is_null()) {
    return {};
  }
  if (!list.is_array() || list.size() > kMaxAdded) {
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] {}: added_tokens: expected a list of at most {}", kName, kMaxAdded);
  }
  // Ids that neither the model nor this list uses would make a vocabulary of holes.
  const int64_t limit = parts.model->size() + 2 * static_cast<int64_t>(list.size()) + 65536;
  for (const Json& json : list) {
    SEXTANT_TRY(AddedToken token, added_token(json));
    const std::optional<int32_t> known = parts.model->find(token.content);
    if (token.id >= limit || (known && *known != token.id)) {
      return fail(ErrorCode::kDataLoss,
                  "[text/hf_json] {}: added token \"{}\": expected id {}, found {}", kName,
                  token.content.substr(0, 80),
                  known ? format("{}", *known) : format("below {}", limit), token.id);
    }
    parts.added.push_back(std::move(token));
  }
  return {};
}

}  // namespace

Result<std::string> string_member(const Json& object, std::string_view key) {
  const auto place = object.find(std::string(key));
  if (place == object.end() || !place->is_string()) {
    return fail(ErrorCode::kDataLoss, "[text/hf_json] {}: \"{}\": expected a string", kName, key);
  }
  return place->get<std::string>();
}

Result<bool> bool_member(const Json& object, std::string_view key, bool fallback) {
  const auto place = object.find(std::string(key));
  if (place == object.end() || place->is_null()) {
    return fallback;
  }
  if (!place->is_boolean()) {
    return fail(ErrorCode::kDataLoss, "[text/hf_json] {}: \"{}\": expected true or false", kName,
                key);
  }
  return place->get<bool>();
}

Result<int64_t> int_member(const Json& object, std::string_view key) {
  const auto place = object.find(std::string(key));
  if (place == object.end() || !place->is_number_integer()) {
    return fail(ErrorCode::kDataLoss, "[text/hf_json] {}: \"{}\": expected an integer", kName, key);
  }
  return place->get<int64_t>();
}

Result<Pattern> pattern_member(const Json& object) {
  const auto place = object.find("pattern");
  for (const char* kind : {"String", "Regex"}) {
    if (place != object.end() && place->is_object() && place->contains(kind)) {
      SEXTANT_TRY(std::string text, string_member(*place, kind));
      return Pattern{.text = std::move(text), .is_regex = kind[0] == 'R'};
    }
  }
  return fail(ErrorCode::kDataLoss,
              "[text/hf_json] {}: \"pattern\": expected {{\"String\": ...}} or {{\"Regex\": ...}}",
              kName);
}

Result<std::string> type_of(const Json& json, std::string_view section) {
  if (!json.is_object() || !json.contains("type")) {
    return fail(ErrorCode::kDataLoss, "[text/hf_json] {}: {}: expected an object with a \"type\"",
                kName, section);
  }
  return string_member(json, "type");
}

Result<TokenizerParts> read_tokenizer_json(std::string_view text) {
  Collector collector;
  const JsonStream streams[] = {
      {.path = {"model", "vocab"},
       .each = [&](std::string_view key,
                   const Json& value) { return collector.vocab(key, value); }},
      {.path = {"model", "merges"},
       .each = [&](std::string_view, const Json& value) { return collector.merge(value); }}};
  SEXTANT_TRY(const Json json, parse_json(text, kName, kLimits, streams));
  if (!json.is_object() || !member(json, "model").is_object()) {
    return fail(ErrorCode::kDataLoss, "[text/hf_json] {}: expected an object with \"model\"",
                kName);
  }
  using Step = Result<void> (*)(const Json&, TokenizerParts&);
  TokenizerParts parts;
  const auto run = [&](const char* section, Step step) -> Result<void> {
    const Json& part = member(json, section);
    return part.is_null() ? Result<void>() : step(part, parts);
  };
  SEXTANT_TRY_VOID(run("normalizer", add_normalizer));
  SEXTANT_TRY_VOID(run("pre_tokenizer", add_pre_tokenizer));
  SEXTANT_TRY_VOID(add_model(member(json, "model"), collector.source(), parts));
  SEXTANT_TRY_VOID(add_added_tokens(member(json, "added_tokens"), parts));
  SEXTANT_TRY_VOID(run("decoder", add_decoder));
  SEXTANT_TRY_VOID(run("post_processor", add_post_processor));
  return parts;
}

}  // namespace sextant::text::hf

namespace sextant::text {

Result<Tokenizer> Tokenizer::from_hf_json(std::string_view json) {
  SEXTANT_TRY(TokenizerParts parts, hf::read_tokenizer_json(json));
  return make_tokenizer(std::move(parts));
}

}  // namespace sextant::text
