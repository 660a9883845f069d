// Vocabularies and expected ids for the tests of tokenizers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/json.h"
#include "sextant/text/tokenizer.h"

namespace sextant::test_data {

// A file of data/tokenizers beside the checkout, unpacked if it ends in .gz; nothing where it is
// absent.
std::optional<std::string> tokenizer_file(std::string_view name);

// tests/parity/tokenizers/byte_level: the strings, and the rows of hashes.json.
std::vector<std::string> byte_level_strings();
Json byte_level_hashes();

// The hash of those rows, four hexadecimal digits: of ids, of a text, of pieces.
std::string crc16(const std::vector<int32_t>& ids);
std::string crc16(std::string_view bytes);
std::string crc16(const std::vector<std::string_view>& pieces);

// GPT-2's two files as the vocabulary that a GGUF would hold.
std::optional<text::GgufVocabulary> gpt2_vocabulary();

// The vocabulary of a GGUF file of language models; nothing where the file is absent.
std::optional<text::GgufVocabulary> gguf_vocabulary(const std::string& path);

// BERT's, of data/tokenizers beside the checkout.
std::optional<text::GgufVocabulary> bert_vocabulary();

}  // namespace sextant::test_data
