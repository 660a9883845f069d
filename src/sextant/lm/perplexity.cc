#include "sextant/lm/perplexity.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "sextant/kernels/ops.h"

namespace sextant::lm {
namespace {

struct MethodName {
  PerplexityMethod method;
  std::string_view name;
};
constexpr std::array kMethods = {
    MethodName{PerplexityMethod::kSimple, "simple"},
    MethodName{PerplexityMethod::kLlamaCpp, "llama.cpp"},
    MethodName{PerplexityMethod::kSliding, "sliding"},
};

// Rows of logits held at once: 64 rows of a vocabulary of 150 000 are 38 MB.
constexpr int64_t kLogitRows = 64;

// One window: tokens [begin, begin + length) are read, those from `scored` on (counted from
// begin, at least 1) are scored.
struct Window {
  int64_t begin = 0;
  int64_t length = 0;
  int64_t scored = 0;
};

std::vector<Window> cut(int64_t tokens, const PerplexityOptions& o) {
  std::vector<Window> windows;
  const int64_t step = o.method == PerplexityMethod::kSliding ? o.stride : o.context;
  int64_t done = 0;  // tokens before this are scored
  for (int64_t begin = 0; begin + o.context <= tokens; begin += step) {
    int64_t scored = 1;
    if (o.method == PerplexityMethod::kLlamaCpp) {
      scored = o.context / 2 + 1;
    } else if (o.method == PerplexityMethod::kSliding) {
      scored = std::max<int64_t>(1, done - begin);
    }
    windows.push_back({begin, o.context, scored});
    done = begin + o.context;
    if (o.windows > 0 && static_cast<int64_t>(windows.size()) == o.windows) {
      break;
    }
  }
  return windows;
}

Result<void> check_options(int64_t tokens, const Decoder& model, const PerplexityOptions& o) {
  const int64_t trained = model.config().max_positions;
  if (o.context < 2 || o.context > trained) {
    return fail(ErrorCode::kInvalidArgument,
                "[lm/perplexity] context: expected 2 to {} tokens (what the model was trained "
                "for), found {}",
                trained, o.context);
  }
  if (o.method == PerplexityMethod::kSliding && (o.stride < 1 || o.stride >= o.context)) {
    return fail(ErrorCode::kInvalidArgument,
                "[lm/perplexity] stride: expected 1 to {} (below the context), found {}",
                o.context - 1, o.stride);
  }
  if (o.windows < 0) {
    return fail(ErrorCode::kInvalidArgument,
                "[lm/perplexity] windows: expected at least 0, found {}", o.windows);
  }
  if (tokens < o.context) {
    return fail(ErrorCode::kInvalidArgument,
                "[lm/perplexity] text: expected at least one window of {} tokens, found {}",
                o.context, tokens);
  }
  return {};
}

// Sums of the scored tokens.
struct Sums {
  double nll = 0;
  double squares = 0;
  int64_t tokens = 0;
};

// Reads the window and adds up its scored tokens.
void score_window(const Decoder& model, std::span<const int32_t> tokens, int64_t scored,
                  DecoderState& state, ThreadPool& pool, Sums& sums) {
  state.truncate(0);
  const auto hidden = model.forward(tokens, state, pool);
  const int64_t dim = model.config().dim;
  const int64_t vocab = model.config().vocab_size;
  const auto length = static_cast<int64_t>(tokens.size());
  std::vector<float> logits(static_cast<size_t>(kLogitRows * vocab));
  std::array<double, kLogitRows> nll{};
  // The hidden state of token i predicts token i + 1.
  for (int64_t first = scored - 1; first < length - 1; first += kLogitRows) {
    const int64_t rows = std::min(kLogitRows, length - 1 - first);
    model.logits(hidden.subspan(static_cast<size_t>(first * dim), static_cast<size_t>(rows * dim)),
                 std::span(logits).first(static_cast<size_t>(rows * vocab)), state, pool);
    pool.for_each_chunk(rows, 4, [&](int64_t begin, int64_t end, int) {
      for (int64_t r = begin; r < end; ++r) {
        const std::span row(logits.data() + r * vocab, static_cast<size_t>(vocab));
        nll[static_cast<size_t>(r)] =
            negative_log_likelihood(row, tokens[static_cast<size_t>(first + r + 1)]);
      }
    });
    for (int64_t r = 0; r < rows; ++r) {
      const double value = nll[static_cast<size_t>(r)];
      sums.nll += value;
      sums.squares += value * value;
    }
    sums.tokens += rows;
  }
}

}  // namespace

std::string_view to_string(PerplexityMethod method) {
  return kMethods[static_cast<size_t>(method)].name;
}

std::optional<PerplexityMethod> perplexity_method_named(std::string_view name) {
  for (const MethodName& entry : kMethods) {
    if (entry.name == name) {
      return entry.method;
    }
  }
  return std::nullopt;
}

double negative_log_likelihood(std::span<const float> logits, int32_t token) {
  return kernels::log_sum_exp(logits) - logits[static_cast<size_t>(token)];
}

Result<PerplexityResult> perplexity(const Decoder& model, std::span<const int32_t> tokens,
                                    const PerplexityOptions& options, const Context& context) {
  SEXTANT_TRY_VOID(check_options(static_cast<int64_t>(tokens.size()), model, options));
  SEXTANT_TRY_VOID(model.check_tokens(tokens));
  const auto start = std::chrono::steady_clock::now();
  const auto windows = cut(static_cast<int64_t>(tokens.size()), options);
  DecoderState state = model.make_state(options.context, options.precision);
  Sums sums;
  for (const Window& window : windows) {
    if (context.cancelled()) {
      return fail(ErrorCode::kCancelled, "[lm/perplexity] stopped after {} of {} windows",
                  &window - windows.data(), windows.size());
    }
    const auto part =
        tokens.subspan(static_cast<size_t>(window.begin), static_cast<size_t>(window.length));
    score_window(model, part, window.scored, state, context.pool, sums);
  }
  PerplexityResult result;
  const auto n = static_cast<double>(sums.tokens);
  result.mean_nll = sums.nll / n;
  result.perplexity = std::exp(result.mean_nll);
  const double variance = std::max(0.0, sums.squares / n - result.mean_nll * result.mean_nll);
  result.standard_error = n > 1 ? result.perplexity * std::sqrt(variance / (n - 1)) : 0;
  result.windows = static_cast<int64_t>(windows.size());
  result.scored_tokens = sums.tokens;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace sextant::lm
