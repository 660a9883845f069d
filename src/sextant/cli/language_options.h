// Options that the commands on language models share. Includes CLI11: for the files of verbs only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/cli/models.h"
#include "sextant/cli/session.h"
#include "sextant/lm/language_model.h"
#include "sextant/lm/session.h"

namespace sextant::cli {

// "f32", "int16", "int8".
std::optional<lm::Precision> precision_named(std::string_view name);

// Which model, and how exactly it computes.
struct ModelOptions {
  std::string model = std::string(kDefaultModel);
  std::string precision = "int16";

  void declare(CLI::App& app);
  lm::Precision chosen_precision() const;
  // Finds and loads the model.
  Result<lm::LanguageModel> load(Session& session) const;
};

// How text is made.
struct TextOptions {
  int64_t context = 0;  // 0: what the model was trained for
  int64_t max_tokens = 0;
  lm::SamplingOptions sampling;
  std::vector<std::string> stop;
  bool ignore_eos = false;
  bool json = false;

  void declare(CLI::App& app, int64_t default_max_tokens);
  lm::GenerateOptions generate_options() const;
};

// "12 prompt tokens in 0.05 s (240/s), 40 tokens in 0.21 s (190/s)", for standard error.
std::string timing_text(const lm::GenerateResult& result);
// text, finish_reason, tokens, token counts and seconds of a result.
OrderedJson result_json(const lm::GenerateResult& result);
// What to tell the user behind a text that ended early; empty where nothing needs saying.
std::string ending_text(const lm::GenerateResult& result, int64_t context_length);

// A whole file, or standard input for "-". Error where it is larger than `max_bytes`.
Result<std::string> read_text(const std::string& path, size_t max_bytes = size_t{1} << 30);

}  // namespace sextant::cli
