// Speed of the kernels on this machine, at the shapes of SmolLM2-135M.
//
//   build/bench/kernels_bench --benchmark_filter=decode
//
// Reading rates (GB/s) count packed weights and stand beside a plain read loop over memory of the
// same size and page kind (read). Arithmetic (GOP/s) counts a multiplication and an addition each.
// Times are of the wall; on a machine that others use too, look at the CPU column for one thread.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "sextant/kernels/attention.h"
#include "sextant/kernels/matmul.h"
#include "sextant/kernels/ops.h"
#include "sextant/kernels/simd.h"
#include "sextant/kernels/weight_arena.h"

namespace sextant::kernels {
namespace {

constexpr size_t kWorkingSet = 100 << 20;  // three times the last-level cache of large servers
constexpr int64_t kRows = 1536;
constexpr int64_t kColumns = 576;

// Matrices of one type that fill about `bytes`.
class Weights {
 public:
  Weights(DType dtype, int64_t rows, int64_t cols, size_t bytes) {
    ThreadPool pool(1);
    const auto size =
        static_cast<size_t>(rows * cols / info(dtype).block_size * info(dtype).block_bytes);
    const std::vector<std::byte> source(size, std::byte{0x11});  // small scales, mixed codes
    const TensorView view{source.data(), dtype, {rows, cols}, {}};
    do {
      matrices_.push_back(value_or_throw(WeightMatrix::pack(view, pool, {}, &arena_)));
      bytes_ += matrices_.back().bytes();
    } while (bytes_ < bytes);
  }

  const std::vector<WeightMatrix>& matrices() const { return matrices_; }
  size_t bytes() const { return bytes_; }

 private:
  WeightArena arena_;
  std::vector<WeightMatrix> matrices_;
  size_t bytes_ = 0;
};

void read(benchmark::State& state) {
  WeightArena arena;
  const std::shared_ptr<std::byte> memory = value_or_throw(arena.allocate(kWorkingSet));
  std::memset(memory.get(), 1, kWorkingSet);
  ThreadPool pool(static_cast<int>(state.range(0)));
  const auto* words = reinterpret_cast<const uint64_t*>(memory.get());
  for (auto _ : state) {
    pool.for_each_chunk(kWorkingSet / 8, 1 << 16, [&](int64_t begin, int64_t end, int) {
      uint64_t sums[4] = {};
      for (int64_t i = begin; i < end; i += 4) {
        for (int64_t lane = 0; lane < 4; ++lane) {
          sums[lane] += words[i + lane];
        }
      }
      benchmark::DoNotOptimize(sums[0] + sums[1] + sums[2] + sums[3]);
    });
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kWorkingSet));
}

// One token through many matrices, none of which is in a cache.
void decode(benchmark::State& state, DType dtype, Precision precision) {
  const Weights weights(dtype, kRows, info(dtype).block_size == 256 ? 768 : kColumns, kWorkingSet);
  const int64_t cols = weights.matrices()[0].cols();
  ThreadPool pool(static_cast<int>(state.range(0)));
  const std::vector<float> x(static_cast<size_t>(cols), 0.5f);
  std::vector<float> y(kRows);
  Activations activations;
  for (auto _ : state) {
    for (const WeightMatrix& w : weights.matrices()) {
      activations.assign(x, 1, cols, precision, pool);
      const Product product{.weights = &w, .out = y.data()};
      matmul(activations, {&product, 1}, pool);
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(weights.bytes()));
}

// range: threads, tokens.
void batch(benchmark::State& state, DType dtype, Precision precision) {
  const Weights weights(dtype, kRows, info(dtype).block_size == 256 ? 768 : kColumns, 1);
  const WeightMatrix& w = weights.matrices()[0];
  ThreadPool pool(static_cast<int>(state.range(0)));
  const int64_t tokens = state.range(1);
  const std::vector<float> x(static_cast<size_t>(tokens * w.cols()), 0.5f);
  std::vector<float> y(static_cast<size_t>(tokens * kRows));
  Activations activations;
  for (auto _ : state) {
    activations.assign(x, tokens, w.cols(), precision, pool);
    const Product product{.weights = &w, .out = y.data()};
    matmul(activations, {&product, 1}, pool);
  }
  state.counters["OP/s"] = benchmark::Counter(2.0 * static_cast<double>(tokens * kRows * w.cols()),
                                              benchmark::Counter::kIsIterationInvariantRate);
}

// range: threads, cached positions before, tokens.
void attention_tokens(benchmark::State& state, DType dtype) {
  constexpr int64_t kHeads = 9;
  constexpr int64_t kDim = 64;
  ThreadPool pool(static_cast<int>(state.range(0)));
  const int64_t first = state.range(1);
  const int64_t tokens = state.range(2);
  KvCache cache(3, kDim, first + tokens, dtype);
  const std::vector<float> stored(static_cast<size_t>((first + tokens) * 3 * kDim), 0.1f);
  cache.store(0, first + tokens, stored, stored);
  const std::vector<float> query(static_cast<size_t>(tokens * kHeads * kDim), 0.1f);
  std::vector<float> out(query.size());
  for (auto _ : state) {
    attention(cache, {.query_heads = kHeads}, first, query, out, pool);
  }
  const int64_t pairs = tokens * first + tokens * (tokens + 1) / 2;
  state.counters["OP/s"] = benchmark::Counter(4.0 * static_cast<double>(pairs * kHeads * kDim),
                                              benchmark::Counter::kIsIterationInvariantRate);
}

// Bytes of the source; the memory of the packed form is new each time, as when a model is loaded.
void pack(benchmark::State& state, DType dtype) {
  const int64_t rows = 4096;
  const int64_t cols = info(dtype).block_size == 256 ? 768 : kColumns;
  const std::vector<std::byte> source(
      static_cast<size_t>(rows * cols / info(dtype).block_size * info(dtype).block_bytes),
      std::byte{0x11});
  const TensorView view{source.data(), dtype, {rows, cols}, {}};
  ThreadPool pool(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(WeightMatrix::pack(view, pool));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(source.size()));
}

void row_ops(benchmark::State& state) {
  const std::vector<float> x(1536, 0.3f);
  std::vector<float> out(1536);
  for (auto _ : state) {
    silu_mul(x, x, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * 1536);
}

void threads(benchmark::internal::Benchmark* bench) {
  for (int t = 1; t <= ThreadPool::available_threads(); t *= 2) {
    bench->Args({t});
  }
  bench->UseRealTime()->Unit(benchmark::kMillisecond);
}

void batches(benchmark::internal::Benchmark* bench) {
  bench->Args({1, 2})->Args({1, 4})->Args({1, 8})->Args({1, 512});
  if (ThreadPool::available_threads() > 1) {
    bench->Args({2, 512});
  }
  bench->UseRealTime()->Unit(benchmark::kMicrosecond);
}

BENCHMARK(read)->Apply(threads);
BENCHMARK_CAPTURE(decode, Q4_1, DType::kQ4_1, Precision::kInt8)->Apply(threads);
BENCHMARK_CAPTURE(decode, Q4_0, DType::kQ4_0, Precision::kInt8)->Apply(threads);
BENCHMARK_CAPTURE(decode, Q8_0, DType::kQ8_0, Precision::kInt8)->Apply(threads);
BENCHMARK_CAPTURE(decode, Q4_K, DType::kQ4_K, Precision::kInt8)->Apply(threads);
BENCHMARK_CAPTURE(decode, Q6_K, DType::kQ6_K, Precision::kInt8)->Apply(threads);
BENCHMARK_CAPTURE(decode, F16, DType::kF16, Precision::kF32)->Apply(threads);
BENCHMARK_CAPTURE(decode, F32, DType::kF32, Precision::kF32)->Apply(threads);
BENCHMARK_CAPTURE(decode, Q4_1_f32, DType::kQ4_1, Precision::kF32)->Apply(threads);
BENCHMARK_CAPTURE(batch, Q4_1, DType::kQ4_1, Precision::kInt8)->Apply(batches);
BENCHMARK_CAPTURE(batch, Q8_0, DType::kQ8_0, Precision::kInt8)->Apply(batches);
BENCHMARK_CAPTURE(batch, Q4_K, DType::kQ4_K, Precision::kInt8)->Apply(batches);
BENCHMARK_CAPTURE(batch, Q6_K, DType::kQ6_K, Precision::kInt8)->Apply(batches);
BENCHMARK_CAPTURE(batch, F16, DType::kF16, Precision::kF32)->Apply(batches);
BENCHMARK_CAPTURE(batch, F32, DType::kF32, Precision::kF32)->Apply(batches);
BENCHMARK_CAPTURE(batch, Q4_1_f32, DType::kQ4_1, Precision::kF32)->Apply(batches);
BENCHMARK_CAPTURE(attention_tokens, f16, DType::kF16)
    ->Args({1, 511, 1})
    ->Args({1, 4095, 1})
    ->Args({1, 0, 512})
    ->Args({2, 0, 512})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(attention_tokens, f32, DType::kF32)
    ->Args({1, 511, 1})
    ->Args({1, 0, 512})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(pack, Q4_1, DType::kQ4_1)->Apply(threads);
BENCHMARK_CAPTURE(pack, Q8_0, DType::kQ8_0)->Apply(threads);
BENCHMARK_CAPTURE(pack, Q4_K, DType::kQ4_K)->Apply(threads);
BENCHMARK_CAPTURE(pack, Q6_K, DType::kQ6_K)->Apply(threads);
BENCHMARK_CAPTURE(pack, F32, DType::kF32)->Apply(threads);
BENCHMARK(row_ops);

}  // namespace
}  // namespace sextant::kernels

// The SIMD target can be narrowed: --target=AVX2.
int main(int argc, char** argv) {
  using sextant::kernels::SimdTarget;
  using sextant::kernels::SimdTargetScope;
  std::vector<SimdTarget> targets = sextant::kernels::simd_targets();
  if (argc > 1 && std::strncmp(argv[1], "--target=", 9) == 0) {
    std::erase_if(targets, [&](const SimdTarget& t) { return t.name != argv[1] + 9; });
    argv[1] = argv[0];
    ++argv;
    --argc;
  }
  benchmark::Initialize(&argc, argv);
  if (targets.empty() || benchmark::ReportUnrecognizedArguments(argc, argv)) {
    std::fputs("usage: kernels_bench [--target=NAME] [--benchmark_...]\n", stderr);
    return 2;
  }
  const SimdTargetScope scope(targets.front());
  benchmark::AddCustomContext("simd", std::string(targets.front().name));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
