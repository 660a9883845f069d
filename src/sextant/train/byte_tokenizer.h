// The tokenizer.json of a model whose tokens are bytes: 256 of them, id = byte.
#pragma once

#include <cstdint>
#include <string>

namespace sextant::train {

inline constexpr int64_t kByteVocabulary = 256;

// Byte-level BPE without a merge, in the form of the Hugging Face tokenizers library.
std::string byte_tokenizer_json();

}  // namespace sextant::train
