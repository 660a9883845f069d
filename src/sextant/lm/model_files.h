// The small parts of a model file or folder: the shape of its network and its tokenizer. Reading
// them touches no weight. Errors: those of the readers; kNotFound where the part is not there.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/io/gguf.h"
#include "sextant/lm/config.h"
#include "sextant/text/tokenizer.h"

namespace sextant::lm {

// Of a GGUF file, or of a Hugging Face folder with a config.json.
Result<DecoderConfig> read_decoder_config(const std::filesystem::path& path);

// Of a GGUF file or a Hugging Face folder, or of a file that is only a tokenizer: tokenizer.json,
// tokenizer.model, spiece.model, llama2.c's tokenizer.bin, CLIP's vocabulary.
Result<text::Tokenizer> load_tokenizer(const std::filesystem::path& path);

// A GGUF file that must be a model. The error on another kind of file tells what a model is.
Result<std::unique_ptr<io::GgufFile>> open_gguf_model(const std::filesystem::path& path);

// What a GGUF file says of its vocabulary (tokenizer.ggml.*).
Result<text::GgufVocabulary> gguf_vocabulary(const io::GgufFile& file);

// A token id of a GGUF file; nothing where the key is absent or says -1.
Result<std::optional<int32_t>> gguf_token(const io::GgufFile& file, std::string_view key);

// A small file of a model folder; nothing where it is not there.
Result<std::optional<std::string>> read_optional(const std::filesystem::path& path);
Result<std::optional<Json>> read_optional_json(const std::filesystem::path& path);

}  // namespace sextant::lm
