// Texts with the ids that reference libraries give for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sextant/text/tokenizer.h"

namespace sextant::test_data {

// The texts of tests/parity/tokenizers/strings.jsonl.
const std::vector<std::string>& tokenizer_texts();

struct TokenizerCase {
  std::string text;
  std::vector<int32_t> ids;
};

// Those texts with the ids of tests/parity/tokenizers/NAME.ids.
std::vector<TokenizerCase> tokenizer_cases(std::string_view name);

// The vectors that llama.cpp ships: data/tokenizers/testvec.NAME.inp and .out of the shared data.
std::vector<TokenizerCase> tokenizer_vectors(const std::filesystem::path& folder,
                                             std::string_view name);

// What differs between `tokenizer` and the cases, one line each; "" where nothing does.
std::string tokenizer_differences(const text::Tokenizer& tokenizer,
                                  const std::vector<TokenizerCase>& cases,
                                  const text::EncodeOptions& options);

// The contents of a .gz file, by the gzip command.
std::string read_gz(const std::filesystem::path& path);

}  // namespace sextant::test_data
