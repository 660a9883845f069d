#include "sextant/lm/session.h"

#include <algorithm>
#include <chrono>

#include "sextant/base/utf8.h"
#include "sextant/lm/stop_strings.h"

namespace sextant::lm {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Tokens computed between two looks at the cancel token.
constexpr int64_t kPromptStep = 512;

}  // namespace

std::string_view to_string(StopReason reason) {
  switch (reason) {
    case StopReason::kEndOfText:
      return "end_of_text";
    case StopReason::kStopString:
      return "stop_string";
    case StopReason::kMaxTokens:
      return "max_tokens";
    case StopReason::kContextFull:
      return "context_full";
    case StopReason::kCancelled:
      return "cancelled";
  }
  return "";
}

Session::Session(const LanguageModel& model, int64_t context_length, Precision precision)
    : model_(model),
      state_(model.decoder.make_state(
          context_length > 0 ? context_length : model.decoder.config().max_positions, precision)),
      logits_(static_cast<size_t>(model.decoder.config().vocab_size)) {}

void Session::compute(std::span<const int32_t> tokens, bool logits, ThreadPool& pool) {
  const auto hidden = model_.decoder.forward(tokens, state_, pool);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  if (logits) {
    const auto dim = static_cast<size_t>(model_.decoder.config().dim);
    model_.decoder.logits(hidden.last(dim), logits_, state_, pool);
  }
}

Result<void> Session::read_prompt(std::span<const int32_t> prompt, const Context& context,
                                  GenerateResult& result) {
  const auto same = std::mismatch(prompt.begin(), prompt.end(), tokens_.begin(), tokens_.end());
  // At least the last token is computed again: its logits are needed.
  const int64_t keep =
      std::min<int64_t>(same.first - prompt.begin(), static_cast<int64_t>(prompt.size()) - 1);
  state_.truncate(keep);
  tokens_.resize(static_cast<size_t>(keep));
  result.prompt_tokens = static_cast<int64_t>(prompt.size());
  result.cached_tokens = keep;
  const auto start = Clock::now();
  while (tokens_.size() < prompt.size()) {
    if (context.cancelled()) {
      return fail(ErrorCode::kCancelled, "[lm/session] stopped while reading the prompt");
    }
    const auto step = prompt.subspan(tokens_.size(),
                                     std::min<size_t>(kPromptStep, prompt.size() - tokens_.size()));
    compute(step, tokens_.size() + step.size() == prompt.size(), context.pool);
  }
  result.prompt_seconds = seconds_since(start);
  return {};
}

Result<GenerateResult> Session::generate(std::span<const int32_t> prompt,
                                         const GenerateOptions& options, const TextSink& sink,
                                         const Context& context) {
  SEXTANT_TRY_VOID(check(options.sampling));
  if (prompt.empty()) {
    return fail(ErrorCode::kInvalidArgument, "[lm/session] prompt: expected at least one token");
  }
  SEXTANT_TRY_VOID(model_.decoder.check_tokens(prompt));
  const auto length = static_cast<int64_t>(prompt.size());
  if (length >= state_.capacity()) {
    return fail_with_hint(
        ErrorCode::kOutOfRange,
        sextant::format(
            "[lm/session] prompt: expected fewer than {} tokens (the context), found {}",
            state_.capacity(), length),
        "shorten the text, or raise --context if the model was trained for more");
  }
  GenerateResult result;
  SEXTANT_TRY_VOID(read_prompt(prompt, context, result));

  Sampler sampler(options.sampling);
  StopStrings stops(options.stop);
  Utf8Stream utf8;
  const auto show = [&](const std::string& text) {
    if (!text.empty()) {
      result.text += text;
      sink(text);
    }
  };
  const auto start = Clock::now();
  for (;;) {
    if (static_cast<int64_t>(result.tokens.size()) >= options.max_tokens) {
      result.reason = StopReason::kMaxTokens;
      break;
    }
    if (context.cancelled()) {
      result.reason = StopReason::kCancelled;
      break;
    }
    const int32_t token = sampler.pick(logits_, tokens_);
    if (!options.ignore_eos && model_.ends_text(token)) {
      result.reason = StopReason::kEndOfText;
      break;
    }
    result.tokens.push_back(token);
    show(stops.push(utf8.push(model_.tokenizer.token_bytes(token))));
    if (stops.stopped()) {
      result.reason = StopReason::kStopString;
      break;
    }
    if (state_.length() >= state_.capacity()) {
      result.reason = StopReason::kContextFull;
      break;
    }
    if (static_cast<int64_t>(result.tokens.size()) >= options.max_tokens) {
      break;  // nobody will look at the next logits
    }
    compute({&token, 1}, true, context.pool);
  }
  result.decode_seconds = seconds_since(start);
  show(stops.push(utf8.finish()));
  show(stops.finish());
  return result;
}

}  // namespace sextant::lm
