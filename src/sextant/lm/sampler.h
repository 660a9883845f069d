// Picks the next token from logits: greedy, or random with the usual filters.
//
// Order, as in transformers: repetition penalty, temperature, top-k, top-p, min-p. The same seed,
// settings and logits give the same tokens on every machine.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::lm {

struct SamplingOptions {
  float temperature = 0.0f;         // 0: greedy; 1: the model's own distribution
  int32_t top_k = 0;                // 0: off; keep the k most likely
  float top_p = 1.0f;               // keep the smallest set with this probability
  float min_p = 0.0f;               // keep tokens with at least this share of the best one's
  float repetition_penalty = 1.0f;  // > 1 makes tokens already seen less likely
  uint64_t seed = 0;
};

// Error: kInvalidArgument naming the option, its range and what was given.
Result<void> check(const SamplingOptions& options);

class Sampler {
 public:
  explicit Sampler(const SamplingOptions& options) : options_(options), random_(options.seed) {}

  // `logits` [vocab] are changed in place; `seen` are the tokens that the penalty looks at.
  int32_t pick(std::span<float> logits, std::span<const int32_t> seen);

 private:
  using Candidate = std::pair<float, int32_t>;  // probability or logit, token

  void penalise(std::span<float> logits, std::span<const int32_t> seen) const;
  // Candidates that pass the filters; weights relative to the best one's, in any order.
  void filter(std::span<const float> logits);
  void keep_top_p();

  SamplingOptions options_;
  std::mt19937_64 random_;
  std::vector<Candidate> candidates_;
};

}  // namespace sextant::lm
