#include "support/tokenizer_data.h"

#include <zlib.h>

#include <filesystem>
#include <sstream>

#include "sextant/io/gguf.h"
#include "support/test_data.h"
#include "support/tokenizer_cases.h"

namespace sextant::test_data {
namespace {

Json golden(const std::string& name) {
  return value_or_throw(
      parse_json(read(repository("tests/parity/tokenizers/byte_level/" + name)), name));
}

void append_word(std::string& bytes, uint32_t word) {  // little-endian
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<char>(word >> shift));
  }
}

template <class T>
std::optional<T> present(Result<T> value) {
  return value ? std::optional<T>(std::move(*value)) : std::nullopt;
}

text::GgufVocabulary vocabulary_of(const io::GgufFile& file) {
  const auto strings = [&file](std::string_view key) {
    const auto views = file.get_string_array(key);
    return views ? std::vector<std::string>(views->begin(), views->end())
                 : std::vector<std::string>();
  };
  text::GgufVocabulary vocabulary;
  vocabulary.model = value_or_throw(file.get_string("tokenizer.ggml.model"));
  vocabulary.pre = value_or_throw(file.get_string("tokenizer.ggml.pre", ""));
  vocabulary.tokens = strings("tokenizer.ggml.tokens");
  vocabulary.merges = strings("tokenizer.ggml.merges");
  vocabulary.scores = file.get_f32_array("tokenizer.ggml.scores").value_or(std::vector<float>());
  vocabulary.types =
      file.get_i32_array("tokenizer.ggml.token_type").value_or(std::vector<int32_t>());
  const auto id = [&file](std::string_view key) -> std::optional<int32_t> {
    return present(file.get_u32(key));
  };
  vocabulary.bos = id("tokenizer.ggml.bos_token_id");
  vocabulary.eos = id("tokenizer.ggml.eos_token_id");
  vocabulary.unknown = id("tokenizer.ggml.unknown_token_id");
  vocabulary.padding = id("tokenizer.ggml.padding_token_id");
  vocabulary.add_bos = present(file.get_bool("tokenizer.ggml.add_bos_token"));
  vocabulary.add_eos = present(file.get_bool("tokenizer.ggml.add_eos_token"));
  vocabulary.add_space_prefix = present(file.get_bool("tokenizer.ggml.add_space_prefix"));
  vocabulary.remove_extra_whitespaces =
      present(file.get_bool("tokenizer.ggml.remove_extra_whitespaces"));
  vocabulary.precompiled_charsmap =
      file.get_u8_array("tokenizer.ggml.precompiled_charsmap").value_or(std::vector<uint8_t>());
  return vocabulary;
}

}  // namespace

std::optional<std::string> tokenizer_file(std::string_view name) {
  const auto path = shared("data/tokenizers/" + std::string(name));
  if (!path) {
    return std::nullopt;
  }
  return path->extension() == ".gz" ? read_gz(*path) : read(*path);
}

std::vector<std::string> byte_level_strings() { return golden("strings.json"); }

Json byte_level_hashes() { return golden("hashes.json"); }

std::string crc16(std::string_view bytes) {
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  const uLong crc = crc32(0, data, static_cast<uInt>(bytes.size()));
  return format("{:04x}", static_cast<uint64_t>(crc & 0xFFFF));
}

std::string crc16(const std::vector<int32_t>& ids) {
  std::string bytes;
  for (const int32_t id : ids) {
    append_word(bytes, static_cast<uint32_t>(id));
  }
  return crc16(bytes);
}

std::string crc16(const std::vector<std::string_view>& pieces) {
  std::string bytes;
  for (const std::string_view piece : pieces) {
    append_word(bytes, static_cast<uint32_t>(piece.size()));
    bytes += piece;
  }
  return crc16(bytes);
}

std::optional<text::GgufVocabulary> gpt2_vocabulary() {
  const auto encoder = tokenizer_file("gpt2.encoder.json.gz");
  const auto merges = tokenizer_file("gpt2.vocab.bpe.gz");
  if (!encoder || !merges) {
    return std::nullopt;
  }
  text::GgufVocabulary vocabulary{.model = "gpt2", .pre = "gpt-2"};
  const Json json = value_or_throw(parse_json(*encoder, "encoder.json"));
  vocabulary.tokens.resize(json.size());
  vocabulary.types.resize(json.size(), 1);
  for (const auto& [piece, id] : json.items()) {
    vocabulary.tokens.at(id.get<size_t>()) = piece;
  }
  vocabulary.eos = 50256;
  vocabulary.types.at(50256) = 3;
  std::istringstream lines(*merges);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with("#version")) {
      vocabulary.merges.push_back(line);
    }
  }
  return vocabulary;
}

std::optional<text::GgufVocabulary> gguf_vocabulary(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  return vocabulary_of(*value_or_throw(io::open_gguf(path)));
}

std::optional<text::GgufVocabulary> bert_vocabulary() {
  const auto bytes = tokenizer_file("bert-uncased.ggml-vocab.gguf.gz");
  if (!bytes) {
    return std::nullopt;
  }
  const std::span<const char> view(*bytes);
  return vocabulary_of(*value_or_throw(io::parse_gguf(std::as_bytes(view), "bert")));
}

}  // namespace sextant::test_data
