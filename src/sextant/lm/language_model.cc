#include "sextant/lm/language_model.h"

#include <algorithm>

#include "sextant/io/gguf.h"
#include "sextant/io/open_tensors.h"
#include "sextant/lm/model_files.h"

namespace sextant::lm {
namespace {

void add_once(std::vector<int32_t>& ids, std::optional<int32_t> id) {
  if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) {
    ids.push_back(*id);
  }
}

// The template of a folder: a file of its own, or a field of tokenizer_config.json that is one
// text or a list of named ones, of which "default" counts.
Result<std::string> folder_chat_template(const std::filesystem::path& folder) {
  SEXTANT_TRY(auto file, read_optional(folder / "chat_template.jinja"));
  if (file) {
    return std::move(*file);
  }
  SEXTANT_TRY(const auto config, read_optional_json(folder / "tokenizer_config.json"));
  if (!config || !config->is_object() || !config->contains("chat_template")) {
    return std::string();
  }
  const Json& entry = config->at("chat_template");
  if (entry.is_string()) {
    return entry.get<std::string>();
  }
  if (entry.is_array()) {
    for (const Json& named : entry) {
      if (named.is_object() && named.value("name", Json()) == "default" &&
          named.value("template", Json()).is_string()) {
        return named.at("template").get<std::string>();
      }
    }
  }
  return std::string();
}

// Vocabularies may be smaller than the embedding (padded rows), never larger.
Result<void> check_vocabulary(const LanguageModel& model) {
  const int64_t rows = model.decoder.config().vocab_size;
  if (model.tokenizer.vocab_size() > rows) {
    return fail(ErrorCode::kDataLoss,
                "[lm/model] vocabulary: expected at most {} tokens (rows of the embedding), the "
                "tokenizer has {} ({})",
                rows, model.tokenizer.vocab_size(), model.path.string());
  }
  return {};
}

Result<LanguageModel> load_gguf(const std::filesystem::path& path, const Context& context) {
  SEXTANT_TRY(const auto file, open_gguf_model(path));
  SEXTANT_TRY(const DecoderConfig config, config_from_gguf(*file));
  SEXTANT_TRY(text::GgufVocabulary vocabulary, gguf_vocabulary(*file));
  std::vector<int32_t> eos;
  add_once(eos, vocabulary.eos);
  for (const char* key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    SEXTANT_TRY(const auto id, gguf_token(*file, key));
    add_once(eos, id);
  }
  SEXTANT_TRY(std::string chat_template, file->get_string("tokenizer.chat_template", ""));
  SEXTANT_TRY(auto tokenizer, text::Tokenizer::from_gguf(std::move(vocabulary)));
  SEXTANT_TRY(auto decoder, Decoder::load(*file, config, context.pool));
  return LanguageModel{.name = path.stem().string(),
                       .path = path,
                       .decoder = std::move(decoder),
                       .tokenizer = std::move(tokenizer),
                       .chat_template = std::move(chat_template),
                       .eos = std::move(eos)};
}

Result<LanguageModel> load_folder(const std::filesystem::path& path, const Context& context) {
  SEXTANT_TRY(const DecoderConfig config, read_decoder_config(path));
  SEXTANT_TRY(auto tokenizer, load_tokenizer(path));
  std::vector<int32_t> eos = config.eos;
  add_once(eos, tokenizer.eos());
  SEXTANT_TRY(const auto generation, read_optional_json(path / "generation_config.json"));
  if (generation) {
    SEXTANT_TRY(const auto more, token_ids(*generation, "eos_token_id"));
    for (const int32_t id : more) {
      add_once(eos, id);
    }
  }
  SEXTANT_TRY(std::string chat_template, folder_chat_template(path));
  SEXTANT_TRY(const auto source, io::open_tensors(path));
  SEXTANT_TRY(auto decoder, Decoder::load(*source, config, context.pool));
  return LanguageModel{.name = std::filesystem::canonical(path).filename().string(),
                       .path = path,
                       .decoder = std::move(decoder),
                       .tokenizer = std::move(tokenizer),
                       .chat_template = std::move(chat_template),
                       .eos = std::move(eos)};
}

}  // namespace

bool LanguageModel::ends_text(int32_t token) const {
  return std::find(eos.begin(), eos.end(), token) != eos.end();
}

Result<LanguageModel> load_language_model(const std::filesystem::path& path,
                                          const Context& context) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  SEXTANT_TRY(LanguageModel model, folder ? load_folder(path, context) : load_gguf(path, context));
  SEXTANT_TRY_VOID(check_vocabulary(model));
  return model;
}

Result<Decoder> load_decoder(const std::filesystem::path& path, const Context& context) {
  SEXTANT_TRY(const DecoderConfig config, read_decoder_config(path));
  SEXTANT_TRY(const auto source, io::open_tensors(path));
  return Decoder::load(*source, config, context.pool);
}

}  // namespace sextant::lm
