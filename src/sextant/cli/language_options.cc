#include "sextant/cli/language_options.h"

#include <unistd.h>
#include <array>
#include <limits>

#include "sextant/cli/options.h"
#include "sextant/io/mapped_file.h"

namespace sextant::cli {
namespace {

constexpr int64_t kMaxTokens = std::numeric_limits<int32_t>::max();

double per_second(int64_t tokens, double seconds) {
  return seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
}

Result<std::string> read_standard_input(size_t max_bytes) {
  std::string text;
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const ssize_t n = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n == 0) {
      return text;
    }
    if (n < 0) {
      return fail(ErrorCode::kIo, "[cli] standard input: cannot be read");
    }
    text.append(buffer.data(), static_cast<size_t>(n));
    if (text.size() > max_bytes) {
      return fail(ErrorCode::kOutOfRange, "[cli] standard input: expected at most {} bytes",
                  max_bytes);
    }
  }
}

}  // namespace

std::optional<lm::Precision> precision_named(std::string_view name) {
  if (name == "f32") {
    return lm::Precision::kF32;
  }
  if (name == "int16") {
    return lm::Precision::kInt16;
  }
  return name == "int8" ? std::optional(lm::Precision::kInt8) : std::nullopt;
}

void ModelOptions::declare(CLI::App& app) {
  app.add_option("-m,--model", model,
                 "Model: a GGUF file, a Hugging Face folder, or a name of `sextant list`");
  app.add_option("--precision", precision,
                 "Activations: int8 is fastest, int16 nearly exact, f32 exact (docs/numerics.md)")
      ->check(one_of({"int8", "int16", "f32"}));
}

lm::Precision ModelOptions::chosen_precision() const { return *precision_named(precision); }

Result<lm::LanguageModel> ModelOptions::load(Session& session) const {
  SEXTANT_TRY(const auto path, resolve_model(model));
  return lm::load_language_model(path, session.context());
}

void TextOptions::declare(CLI::App& app, int64_t default_max_tokens) {
  max_tokens = default_max_tokens;
  app.add_option("-n,--max-tokens", max_tokens, "Tokens to write at most")
      ->check(whole_number(1, kMaxTokens));
  app.add_option("-c,--context", context, "Tokens of context; 0: what the model was trained for")
      ->check(whole_number(0, kMaxTokens));
  app.add_option("--temperature", sampling.temperature,
                 "0: the most likely token; 1: the model's own distribution")
      ->check(real_number(0, 100));
  app.add_option("--top-k", sampling.top_k, "Keep the k most likely tokens; 0: all")
      ->check(whole_number(0, kMaxTokens));
  app.add_option("--top-p", sampling.top_p, "Keep the most likely tokens of this probability")
      ->check(real_number(1e-6, 1));
  app.add_option("--min-p", sampling.min_p, "Drop tokens below this share of the best one's")
      ->check(real_number(0, 0.999));
  app.add_option("--repetition-penalty", sampling.repetition_penalty,
                 "Above 1: tokens already there become less likely")
      ->check(real_number(0.01, 100));
  app.add_option("--seed", sampling.seed, "Seed of the random choices")
      ->check(whole_number(0, std::numeric_limits<int64_t>::max()));
  app.add_option("--stop", stop, "Text that ends the answer; may be given several times")
      ->take_all()
      ->allow_extra_args(false);  // what follows a value is an argument
  app.add_flag("--ignore-eos", ignore_eos, "Write on behind the model's end of text");
  add_json(app, json);
}

lm::GenerateOptions TextOptions::generate_options() const {
  return {.max_tokens = max_tokens, .sampling = sampling, .stop = stop, .ignore_eos = ignore_eos};
}

std::string timing_text(const lm::GenerateResult& r) {
  const int64_t read = r.prompt_tokens - r.cached_tokens;
  const auto written = static_cast<int64_t>(r.tokens.size());
  return format("{} prompt tokens in {:.2f} s ({:.0f}/s), {} tokens in {:.2f} s ({:.1f}/s)", read,
                r.prompt_seconds, per_second(read, r.prompt_seconds), written, r.decode_seconds,
                per_second(written, r.decode_seconds));
}

OrderedJson result_json(const lm::GenerateResult& r) {
  return {{"text", r.text},
          {"finish_reason", to_string(r.reason)},
          {"tokens", r.tokens},
          {"prompt_tokens", r.prompt_tokens},
          {"cached_tokens", r.cached_tokens},
          {"generated_tokens", r.tokens.size()},
          {"prompt_seconds", r.prompt_seconds},
          {"decode_seconds", r.decode_seconds}};
}

std::string ending_text(const lm::GenerateResult& r, int64_t context_length) {
  switch (r.reason) {
    case lm::StopReason::kContextFull:
      return format(
          "the context of {} tokens is full; a larger --context works where the model was trained "
          "for it",
          context_length);
    case lm::StopReason::kMaxTokens:
      return "stopped at --max-tokens";
    case lm::StopReason::kCancelled:
      return "interrupted; the text so far is kept";
    default:
      return {};
  }
}

Result<std::string> read_text(const std::string& path, size_t max_bytes) {
  if (path == "-") {
    return read_standard_input(max_bytes);
  }
  SEXTANT_TRY(const auto file, io::MappedFile::open(path));
  if (file.bytes().size() > max_bytes) {
    return fail(ErrorCode::kOutOfRange, "[cli] {}: expected at most {} bytes, found {}", path,
                max_bytes, file.bytes().size());
  }
  return std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
}

}  // namespace sextant::cli
