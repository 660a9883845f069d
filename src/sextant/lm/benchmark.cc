#include "sextant/lm/benchmark.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "sextant/base/bandwidth.h"

namespace sextant::lm {
namespace {

Speed summarise(std::vector<double> runs) {
  std::sort(runs.begin(), runs.end());
  const size_t n = runs.size();
  return {(runs[(n - 1) / 2] + runs[n / 2]) / 2, runs.front(), runs.back()};
}

// Runs `work` once to warm up and then `repeat` times; `tokens` are computed by each run.
Result<Speed> measure(int repeat, int64_t tokens, const Context& context,
                      const std::function<void()>& work) {
  std::vector<double> runs;
  for (int i = 0; i <= repeat; ++i) {
    if (context.cancelled()) {
      return fail(ErrorCode::kCancelled, "[lm/benchmark] stopped after {} of {} runs", i,
                  repeat + 1);
    }
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (i > 0) {
      runs.push_back(static_cast<double>(tokens) / taken.count());
    }
  }
  return summarise(std::move(runs));
}

Result<void> check_options(const Decoder& model, const BenchmarkOptions& o) {
  const int64_t limit = model.config().max_positions;
  const bool lengths = o.prompt >= 0 && o.generate >= 0 && o.prompt <= limit && o.generate <= limit;
  if (!lengths || o.prompt + o.generate == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "[lm/benchmark] prompt, generate: expected 0 to {} tokens and not both 0, found {} "
                "and {}",
                limit, o.prompt, o.generate);
  }
  if (o.repeat < 1 || o.repeat > 1000) {
    return fail(ErrorCode::kInvalidArgument, "[lm/benchmark] repeat: expected 1 to 1000, found {}",
                o.repeat);
  }
  return {};
}

}  // namespace

Result<BenchmarkResult> benchmark(const Decoder& model, const BenchmarkOptions& options,
                                  const Context& context) {
  SEXTANT_TRY_VOID(check_options(model, options));
  BenchmarkResult result;
  result.bytes_per_token = static_cast<int64_t>(model.bytes_per_token());
  DecoderState state =
      model.make_state(std::max<int64_t>({options.prompt, options.generate, 1}), options.precision);
  std::vector<float> logits(static_cast<size_t>(model.config().vocab_size));
  const auto dim = static_cast<size_t>(model.config().dim);
  const auto run = [&](std::span<const int32_t> tokens) {
    model.logits(model.forward(tokens, state, context.pool).last(dim), logits, state, context.pool);
  };
  std::vector<int32_t> tokens(static_cast<size_t>(std::max<int64_t>(options.prompt, 1)));
  for (size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] = static_cast<int32_t>(i * 31 % static_cast<size_t>(model.config().vocab_size));
  }
  if (options.prompt > 0) {
    SEXTANT_TRY(result.prompt, measure(options.repeat, options.prompt, context, [&] {
                  state.truncate(0);
                  run(tokens);
                }));
  }
  if (options.generate > 0) {
    SEXTANT_TRY(result.decode, measure(options.repeat, options.generate, context, [&] {
                  state.truncate(0);
                  for (int64_t i = 0; i < options.generate; ++i) {
                    run(std::span(tokens).first(1));
                  }
                }));
  }
  result.read_bytes_per_s = measure_read_bandwidth(context.pool);
  result.bandwidth_share =
      static_cast<double>(result.bytes_per_token) * result.decode.median / result.read_bytes_per_s;
  return result;
}

}  // namespace sextant::lm
