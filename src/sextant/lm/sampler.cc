#include "sextant/lm/sampler.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace sextant::lm {
namespace {

Result<void> in_range(bool ok, std::string_view name, std::string_view range, double found) {
  if (ok) {
    return {};
  }
  return fail(ErrorCode::kInvalidArgument, "[lm/sampler] {}: expected {}, found {}", name, range,
              found);
}

// Most likely first; the lower id wins a tie, so that the order is the same everywhere.
bool more_likely(const std::pair<float, int32_t>& a, const std::pair<float, int32_t>& b) {
  return a.first != b.first ? a.first > b.first : a.second < b.second;
}

}  // namespace

Result<void> check(const SamplingOptions& o) {
  SEXTANT_TRY_VOID(in_range(o.temperature >= 0 && std::isfinite(o.temperature), "temperature",
                            "a number of at least 0", o.temperature));
  SEXTANT_TRY_VOID(in_range(o.top_k >= 0, "top-k", "at least 0", o.top_k));
  SEXTANT_TRY_VOID(in_range(o.top_p > 0 && o.top_p <= 1, "top-p", "above 0, at most 1", o.top_p));
  SEXTANT_TRY_VOID(in_range(o.min_p >= 0 && o.min_p < 1, "min-p", "0 up to below 1", o.min_p));
  return in_range(o.repetition_penalty > 0 && std::isfinite(o.repetition_penalty),
                  "repetition-penalty", "a number above 0", o.repetition_penalty);
}

void Sampler::penalise(std::span<float> logits, std::span<const int32_t> seen) const {
  if (options_.repetition_penalty == 1.0f) {
    return;
  }
  const std::unordered_set<int32_t> once(seen.begin(), seen.end());
  for (const int32_t token : once) {
    if (token >= 0 && static_cast<size_t>(token) < logits.size()) {
      float& logit = logits[static_cast<size_t>(token)];
      logit = logit < 0 ? logit * options_.repetition_penalty : logit / options_.repetition_penalty;
    }
  }
}

// Takes the most likely off a heap until they hold top_p of the mass: O(n + kept log n).
void Sampler::keep_top_p() {
  double total = 0;
  for (const Candidate& c : candidates_) {
    total += c.first;
  }
  const auto less_likely = [](const Candidate& a, const Candidate& b) { return more_likely(b, a); };
  std::make_heap(candidates_.begin(), candidates_.end(), less_likely);
  auto heap_end = candidates_.end();
  double sum = 0;
  while (heap_end != candidates_.begin() && sum < options_.top_p * total) {
    std::pop_heap(candidates_.begin(), heap_end, less_likely);
    sum += (--heap_end)->first;
  }
  candidates_.erase(candidates_.begin(), heap_end);
}

void Sampler::filter(std::span<const float> logits) {
  candidates_.clear();
  candidates_.reserve(logits.size());
  const float best = *std::max_element(logits.begin(), logits.end());
  for (size_t i = 0; i < logits.size(); ++i) {
    const float weight = std::exp((logits[i] - best) / options_.temperature);
    candidates_.emplace_back(weight, static_cast<int32_t>(i));
  }
  const auto k = static_cast<size_t>(options_.top_k);
  if (k > 0 && k < candidates_.size()) {
    std::nth_element(candidates_.begin(), candidates_.begin() + options_.top_k, candidates_.end(),
                     more_likely);
    candidates_.resize(k);
  }
  if (options_.top_p < 1.0f) {
    keep_top_p();
  }
  if (candidates_.size() < logits.size()) {
    // A fixed order, whatever the selection algorithm of the standard library left.
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) { return a.second < b.second; });
  }
  if (options_.min_p > 0.0f) {
    const float least = options_.min_p;  // the best has weight 1
    std::erase_if(candidates_, [&](const Candidate& c) { return c.first < least; });
  }
}

int32_t Sampler::pick(std::span<float> logits, std::span<const int32_t> seen) {
  SEXTANT_CHECK(!logits.empty());
  penalise(logits, seen);
  if (options_.temperature == 0.0f) {
    return static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  }
  filter(logits);
  double total = 0;
  for (const Candidate& c : candidates_) {
    total += c.first;
  }
  // 53 random bits in [0, 1): the standard distributions differ between libraries.
  double left = static_cast<double>(random_() >> 11) * 0x1p-53 * total;
  for (const Candidate& c : candidates_) {
    left -= c.first;
    if (left < 0) {
      return c.second;
    }
  }
  return candidates_.back().second;
}

}  // namespace sextant::lm
