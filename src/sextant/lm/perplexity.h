// Perplexity of a text under a model: exp of the mean negative log likelihood of its tokens.
//
// The number depends on how the text is cut, so the method is part of every result:
//   simple     windows of `context` tokens side by side, no BOS; every token but the first of each
//              window is scored.
//   llama.cpp  the same windows; only tokens of the second half are scored (llama-perplexity).
//   sliding    windows that overlap: each moves on by `stride` tokens and scores only those that no
//              earlier window scored, with all the context before them (transformers' guide).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/lm/decoder.h"

namespace sextant::lm {

enum class PerplexityMethod { kSimple, kLlamaCpp, kSliding };
std::string_view to_string(PerplexityMethod method);
std::optional<PerplexityMethod> perplexity_method_named(std::string_view name);

struct PerplexityOptions {
  PerplexityMethod method = PerplexityMethod::kSimple;
  int64_t context = 512;  // tokens of one window
  int64_t stride = 256;   // sliding only
  int64_t windows = 0;    // at most so many; 0 = all that fit
  Precision precision = Precision::kInt16;
};

struct PerplexityResult {
  double perplexity = 0;
  double mean_nll = 0;        // nats per scored token
  double standard_error = 0;  // of perplexity, from the spread of the tokens
  int64_t windows = 0;
  int64_t scored_tokens = 0;
  double seconds = 0;
};

// Errors: kInvalidArgument (options; a text shorter than one window, with both lengths),
// kCancelled.
Result<PerplexityResult> perplexity(const Decoder& model, std::span<const int32_t> tokens,
                                    const PerplexityOptions& options, const Context& context);

// Negative log likelihood of `token` under `logits`, in nats.
double negative_log_likelihood(std::span<const float> logits, int32_t token);

}  // namespace sextant::lm
