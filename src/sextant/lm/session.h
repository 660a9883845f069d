// A running text: a model, its key-value cache, and generation of more text behind it.
//
// A session remembers the tokens in its cache. A new prompt that begins with the same tokens (the
// next turn of a chat) only computes what is new. One session is used by one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/lm/language_model.h"
#include "sextant/lm/sampler.h"

namespace sextant::lm {

struct GenerateOptions {
  int64_t max_tokens = 256;
  SamplingOptions sampling = {};
  std::vector<std::string> stop = {};  // text that ends the answer; not part of it
  bool ignore_eos = false;
};

enum class StopReason { kEndOfText, kStopString, kMaxTokens, kContextFull, kCancelled };
std::string_view to_string(StopReason reason);  // "end_of_text", "stop_string", ...

struct GenerateResult {
  std::string text;
  std::vector<int32_t> tokens;  // generated ones, without the end token
  StopReason reason = StopReason::kMaxTokens;
  int64_t prompt_tokens = 0;
  int64_t cached_tokens = 0;  // prompt tokens that were in the cache already
  double prompt_seconds = 0;
  double decode_seconds = 0;
};

// Called with whole UTF-8 characters as they appear.
using TextSink = std::function<void(std::string_view)>;

class Session {
 public:
  // `context_length` positions at most; 0 means what the model was trained for.
  Session(const LanguageModel& model, int64_t context_length, Precision precision);

  // Reads `prompt` and writes text behind it. Errors: kInvalidArgument (empty prompt, wrong
  // sampling option), kOutOfRange (the prompt leaves no room in the context: both lengths named).
  Result<GenerateResult> generate(std::span<const int32_t> prompt, const GenerateOptions& options,
                                  const TextSink& sink, const Context& context);

  int64_t context_length() const { return state_.capacity(); }
  int64_t length() const { return static_cast<int64_t>(tokens_.size()); }

 private:
  // Runs tokens behind the cached ones; with `logits`, leaves those of the last token in logits_.
  void compute(std::span<const int32_t> tokens, bool logits, ThreadPool& pool);
  Result<void> read_prompt(std::span<const int32_t> prompt, const Context& context,
                           GenerateResult& result);

  const LanguageModel& model_;
  DecoderState state_;
  std::vector<int32_t> tokens_;  // whose keys and values are in the cache
  std::vector<float> logits_;    // behind the last token
};

}  // namespace sextant::lm
