#include "sextant/lm/bert_model.h"

#include <algorithm>

#include "sextant/io/open_tensors.h"
#include "sextant/lm/model_files.h"
#include "sextant/lm/sentence_config.h"

namespace sextant::lm {
namespace {

// Tokens of a batch: the weights are read once for all of them, and more would not show any more
// but for the work space (23 KB a token at a width of 384).
constexpr size_t kBatchTokens = 512;

bool flag_or(const Json& object, const char* name, bool missing) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : missing;
}

// A tokenizer.json of what older folders say in two files: one entry a line of vocab.txt, and the
// switches of transformers' BertTokenizer.
std::string tokenizer_json(std::string_view vocabulary, const Json& switches) {
  Json entries = Json::object();
  int32_t id = 0;
  while (!vocabulary.empty()) {
    const size_t end = std::min(vocabulary.find('\n'), vocabulary.size());
    std::string_view line = vocabulary.substr(0, end);
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    entries[std::string(line)] = id++;
    vocabulary.remove_prefix(std::min(end + 1, vocabulary.size()));
  }
  Json added = Json::array();
  Json ids = Json::object();
  for (const char* special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    if (const auto found = entries.find(special); found != entries.end()) {
      added.push_back({{"id", *found}, {"content", special}, {"special", true}});
      ids[special] = {{"id", special}, {"ids", {*found}}, {"tokens", {special}}};
    }
  }
  const auto special = [](const char* name) {
    return Json{{"SpecialToken", {{"id", name}, {"type_id", 0}}}};
  };
  const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const auto accents = switches.find("strip_accents");
  const Json json = {{"added_tokens", added},
                     {"normalizer",
                      {{"type", "BertNormalizer"},
                       {"clean_text", true},
                       {"handle_chinese_chars", flag_or(switches, "tokenize_chinese_chars", true)},
                       {"strip_accents", accents == switches.end() ? Json() : *accents},
                       {"lowercase", flag_or(switches, "do_lower_case", true)}}},
                     {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                     {"post_processor",
                      {{"type", "TemplateProcessing"},
                       {"single", Json::array({special("[CLS]"), text, special("[SEP]")})},
                       {"pair", Json::array()},
                       {"special_tokens", ids}}},
                     {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
                     {"model",
                      {{"type", "WordPiece"},
                       {"unk_token", "[UNK]"},
                       {"continuing_subword_prefix", "##"},
                       {"max_input_chars_per_word", 100},
                       {"vocab", entries}}}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<text::Tokenizer> bert_tokenizer(const std::filesystem::path& folder, const Json& switches) {
  SEXTANT_TRY(const auto json, read_optional(folder / "tokenizer.json"));
  if (json) {
    return text::Tokenizer::from_hf_json(*json);
  }
  SEXTANT_TRY(const auto vocabulary, read_optional(folder / "vocab.txt"));
  if (vocabulary) {
    return text::Tokenizer::from_hf_json(tokenizer_json(*vocabulary, switches));
  }
  return fail(ErrorCode::kNotFound,
              "[lm/bert] tokenizer: expected tokenizer.json or vocab.txt in {}, found neither",
              folder.string());
}

Result<Json> read_object(const std::filesystem::path& path) {
  SEXTANT_TRY(auto json, read_optional_json(path));
  if (json && !json->is_object()) {
    return fail(ErrorCode::kDataLoss, "[lm/bert] {}: expected an object, found {}", path.string(),
                json->type_name());
  }
  return json ? std::move(*json) : Json::object();
}

Result<int64_t> max_tokens(const std::filesystem::path& folder, const nn::BertConfig& config,
                           const Json& switches) {
  int64_t most = config.max_positions;
  // Where a tokenizer has no limit of its own, the field holds 1e30.
  if (const auto set = switches.find("model_max_length");
      set != switches.end() && set->is_number_integer() && set->get<int64_t>() >= 3) {
    most = std::min(most, set->get<int64_t>());
  }
  SEXTANT_TRY(const auto sentence, read_optional_json(folder / "sentence_bert_config.json"));
  if (sentence) {
    SEXTANT_TRY(const auto length, sentence_length_from_json(*sentence));
    most = std::min(most, length.value_or(most));
  }
  return most;
}

Result<void> check_tokenizer(const text::Tokenizer& tokenizer, const nn::BertConfig& config) {
  if (tokenizer.vocab_size() > config.vocab_size) {
    return fail(ErrorCode::kDataLoss,
                "[lm/bert] vocabulary: expected at most {} entries as in config.json, found {}",
                config.vocab_size, tokenizer.vocab_size());
  }
  const auto empty = tokenizer.encode("", {.add_special = true});
  if (empty.size() != 2 || config.max_positions < 3) {
    return fail(ErrorCode::kUnsupported,
                "[lm/bert] tokenizer: expected [CLS] and [SEP] around a text, found {} tokens",
                empty.size());
  }
  return {};
}

}  // namespace

std::vector<int32_t> BertModel::tokens_of(std::string_view text) const {
  std::vector<int32_t> ids = tokenizer.encode(text, {.add_special = true, .parse_special = true});
  const auto most = static_cast<size_t>(max_tokens);
  if (ids.size() > most) {
    const int32_t last = ids.back();
    ids.resize(most);
    ids.back() = last;
  }
  return ids;
}

Result<nn::BertConfig> read_bert_config(const std::filesystem::path& folder) {
  SEXTANT_TRY(const auto json, read_optional_json(folder / "config.json"));
  if (!json) {
    return fail(ErrorCode::kNotFound,
                "[lm/bert] {}: expected a folder with config.json, found none", folder.string());
  }
  auto config = nn::bert_config_from_hf(*json);
  if (!config) {
    return with_context(std::move(config).error(), "in " + folder.string());
  }
  return config;
}

Result<Bert> load_bert(const std::filesystem::path& folder, const Context& context) {
  SEXTANT_TRY(const nn::BertConfig config, read_bert_config(folder));
  SEXTANT_TRY(const auto source, io::open_tensors(folder));
  return Bert::load(*source, config, context.pool);
}

Result<BertModel> load_bert_model(const std::filesystem::path& folder, const Context& context) {
  SEXTANT_TRY(const nn::BertConfig config, read_bert_config(folder));
  SEXTANT_TRY(const Json switches, read_object(folder / "tokenizer_config.json"));
  SEXTANT_TRY(auto tokenizer, bert_tokenizer(folder, switches));
  SEXTANT_TRY_VOID(check_tokenizer(tokenizer, config));
  SEXTANT_TRY(const int64_t most, max_tokens(folder, config, switches));
  SEXTANT_TRY(const auto source, io::open_tensors(folder));
  SEXTANT_TRY(Bert bert, Bert::load(*source, config, context.pool));
  const auto name = std::filesystem::absolute(folder / "x").lexically_normal().parent_path();
  return BertModel{.name = name.filename().string(),
                   .bert = std::move(bert),
                   .tokenizer = std::move(tokenizer),
                   .max_tokens = most};
}

Result<void> run_texts(const BertModel& model, std::span<const std::string> texts,
                       const Context& context, const std::function<void(const BertBatch&)>& each) {
  BertScratch scratch;
  BertInput input;
  size_t first = 0;
  const auto flush = [&]() -> Result<void> {
    if (context.cancelled()) {
      return fail(ErrorCode::kCancelled, "[lm/bert] stopped at text {}", first);
    }
    SEXTANT_TRY_VOID(model.bert.check(input));
    const auto hidden = model.bert.forward(input, scratch, context.pool);
    each({.first = first, .lengths = input.lengths, .hidden = hidden});
    first += input.lengths.size();
    input.ids.clear();
    input.lengths.clear();
    return {};
  };
  for (const std::string& text : texts) {
    const auto ids = model.tokens_of(text);
    if (!input.ids.empty() && input.ids.size() + ids.size() > kBatchTokens) {
      SEXTANT_TRY_VOID(flush());
    }
    input.ids.insert(input.ids.end(), ids.begin(), ids.end());
    input.lengths.push_back(static_cast<int64_t>(ids.size()));
  }
  return input.ids.empty() ? Result<void>() : flush();
}

}  // namespace sextant::lm
