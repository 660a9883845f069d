#include "sextant/lm/model_files.h"

#include <limits>

#include "sextant/io/hf_folder.h"
#include "sextant/io/mapped_file.h"

namespace sextant::lm {
namespace {

std::string_view text_of(const io::MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

Result<std::optional<bool>> flag_key(const io::GgufFile& file, std::string_view key) {
  if (!file.has(key)) {
    return std::optional<bool>();
  }
  SEXTANT_TRY(const bool value, file.get_bool(key));
  return std::optional<bool>(value);
}

Result<std::vector<std::string>> strings_key(const io::GgufFile& file, std::string_view key) {
  std::vector<std::string> out;
  if (file.has(key)) {
    SEXTANT_TRY(const auto views, file.get_string_array(key));
    out.assign(views.begin(), views.end());
  }
  return out;
}

Result<text::Tokenizer> folder_tokenizer(const std::filesystem::path& folder) {
  SEXTANT_TRY(const auto json, read_optional(folder / "tokenizer.json"));
  if (json) {
    return text::Tokenizer::from_hf_json(*json);
  }
  for (const char* name : {"tokenizer.model", "spiece.model"}) {
    SEXTANT_TRY(const auto bytes, read_optional(folder / name));
    if (bytes) {
      return text::Tokenizer::from_sentencepiece(*bytes);
    }
  }
  SEXTANT_TRY(const auto vocab, read_optional(folder / "vocab.json"));
  SEXTANT_TRY(const auto merges, read_optional(folder / "merges.txt"));
  if (vocab && merges) {
    SEXTANT_TRY(const auto config, read_optional(folder / "tokenizer_config.json"));
    return text::Tokenizer::from_gpt2_files(*vocab, *merges, config.value_or(""));
  }
  SEXTANT_TRY(const auto llama2c, read_optional(folder / "tok512.bin"));
  if (llama2c) {
    return text::Tokenizer::from_llama2c_vocab(*llama2c);
  }
  return fail(ErrorCode::kNotFound,
              "[lm/model] tokenizer: expected tokenizer.json, tokenizer.model, spiece.model, "
              "vocab.json with merges.txt, or tok512.bin in {}, found none",
              folder.string());
}

// A file that is only a tokenizer, by how such files begin.
Result<text::Tokenizer> tokenizer_from_bytes(std::string_view bytes) {
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first != bytes.npos && bytes[first] == '{') {
    return text::Tokenizer::from_hf_json(bytes);
  }
  if (bytes.starts_with("\"bpe_simple_vocab") || bytes.starts_with("#version")) {
    return text::Tokenizer::from_clip_bpe(bytes);
  }
  // llama2c: a length below 256 in 32 bits. SentencePiece: a field that is never empty.
  if (bytes.size() >= 4 && bytes.substr(1, 3) == std::string_view("\0\0\0", 3)) {
    return text::Tokenizer::from_llama2c_vocab(bytes);
  }
  return text::Tokenizer::from_sentencepiece(bytes);
}

Result<DecoderConfig> folder_config(const std::filesystem::path& folder) {
  SEXTANT_TRY(const auto json, read_optional_json(folder / "config.json"));
  if (!json) {
    return fail(ErrorCode::kNotFound, "[lm/model] {}: expected config.json, found none",
                folder.string());
  }
  auto config = config_from_hf(*json);
  if (!config) {
    return with_context(std::move(config).error(), "in " + folder.string());
  }
  return config;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

}  // namespace

Result<std::unique_ptr<io::GgufFile>> open_gguf_model(const std::filesystem::path& path) {
  auto file = io::open_gguf(path);
  if (!file) {
    const auto bytes = io::MappedFile::open(path, io::LoadMode::kMap);
    if (bytes && !text_of(*bytes).starts_with("GGUF")) {
      file.error().hint = "a language model is one .gguf file, or a folder with config.json";
    }
  }
  return file;
}

Result<std::optional<int32_t>> gguf_token(const io::GgufFile& file, std::string_view key) {
  if (!file.has(key)) {
    return std::optional<int32_t>();
  }
  SEXTANT_TRY(const uint32_t id, file.get_u32(key));
  if (id > static_cast<uint32_t>(std::numeric_limits<int32_t>::max())) {
    return std::optional<int32_t>();  // -1 in old files: none
  }
  return std::optional<int32_t>(static_cast<int32_t>(id));
}

Result<text::GgufVocabulary> gguf_vocabulary(const io::GgufFile& file) {
  text::GgufVocabulary v;
  SEXTANT_TRY(v.model, file.get_string("tokenizer.ggml.model"));
  SEXTANT_TRY(v.pre, file.get_string("tokenizer.ggml.pre", ""));
  SEXTANT_TRY(v.tokens, strings_key(file, "tokenizer.ggml.tokens"));
  SEXTANT_TRY(v.merges, strings_key(file, "tokenizer.ggml.merges"));
  if (file.has("tokenizer.ggml.scores")) {
    SEXTANT_TRY(v.scores, file.get_f32_array("tokenizer.ggml.scores"));
  }
  if (file.has("tokenizer.ggml.token_type")) {
    SEXTANT_TRY(v.types, file.get_i32_array("tokenizer.ggml.token_type"));
  }
  if (file.has("tokenizer.ggml.precompiled_charsmap")) {
    SEXTANT_TRY(v.precompiled_charsmap, file.get_u8_array("tokenizer.ggml.precompiled_charsmap"));
  }
  SEXTANT_TRY(v.bos, gguf_token(file, "tokenizer.ggml.bos_token_id"));
  SEXTANT_TRY(v.eos, gguf_token(file, "tokenizer.ggml.eos_token_id"));
  SEXTANT_TRY(v.unknown, gguf_token(file, "tokenizer.ggml.unknown_token_id"));
  SEXTANT_TRY(v.padding, gguf_token(file, "tokenizer.ggml.padding_token_id"));
  SEXTANT_TRY(v.add_bos, flag_key(file, "tokenizer.ggml.add_bos_token"));
  SEXTANT_TRY(v.add_eos, flag_key(file, "tokenizer.ggml.add_eos_token"));
  SEXTANT_TRY(v.add_space_prefix, flag_key(file, "tokenizer.ggml.add_space_prefix"));
  SEXTANT_TRY(v.remove_extra_whitespaces,
              flag_key(file, "tokenizer.ggml.remove_extra_whitespaces"));
  return v;
}

Result<std::optional<std::string>> read_optional(const std::filesystem::path& path) {
  return io::read_folder_file(path.parent_path(), path.filename().string());
}

Result<std::optional<Json>> read_optional_json(const std::filesystem::path& path) {
  SEXTANT_TRY(const auto text, read_optional(path));
  if (!text) {
    return std::optional<Json>();
  }
  SEXTANT_TRY(Json json, parse_json(*text, path.string()));
  return std::optional<Json>(std::move(json));
}

Result<DecoderConfig> read_decoder_config(const std::filesystem::path& path) {
  if (is_folder(path)) {
    return folder_config(path);
  }
  SEXTANT_TRY(const auto file, open_gguf_model(path));
  return config_from_gguf(*file);
}

Result<text::Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  if (is_folder(path)) {
    return folder_tokenizer(path);
  }
  SEXTANT_TRY(const auto file, io::MappedFile::open(path, io::LoadMode::kMap));
  const std::string_view text = text_of(file);
  if (text.starts_with("GGUF")) {
    SEXTANT_TRY(const auto gguf, io::open_gguf(path));
    SEXTANT_TRY(text::GgufVocabulary vocabulary, gguf_vocabulary(*gguf));
    return text::Tokenizer::from_gguf(std::move(vocabulary));
  }
  return tokenizer_from_bytes(text);
}

}  // namespace sextant::lm
