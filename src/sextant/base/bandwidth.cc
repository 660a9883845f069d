#include "sextant/base/bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace sextant {
namespace {

// 32 bytes at a time in four sums, so that neither the adder nor its latency is the limit.
using Lanes = uint64_t __attribute__((vector_size(32)));
constexpr int64_t kSums = 4;

uint64_t read_all(const Lanes* data, int64_t begin, int64_t end) {
  Lanes sums[kSums] = {};
  for (int64_t i = begin; i + kSums <= end; i += kSums) {
    for (int64_t j = 0; j < kSums; ++j) {
      sums[j] += data[i + j];
    }
  }
  const Lanes total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  return total[0] + total[1] + total[2] + total[3];
}

}  // namespace

double measure_read_bandwidth(ThreadPool& pool, size_t bytes, int rounds) {
  const auto count = static_cast<int64_t>(bytes / sizeof(Lanes));
  struct alignas(64) Sum {
    uint64_t value = 0;
  };
  std::vector<Sum> sums(static_cast<size_t>(pool.threads()));
  const std::unique_ptr<Lanes[]> data(new Lanes[static_cast<size_t>(count)]);
  std::fill_n(data.get(), count, Lanes{1, 2, 3, 4});
  constexpr int64_t kChunk = (1 << 20) / static_cast<int64_t>(sizeof(Lanes));
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    pool.for_each_chunk(count, kChunk, [&](int64_t begin, int64_t end, int thread) {
      sums[static_cast<size_t>(thread)].value += read_all(data.get(), begin, end);
    });
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(bytes) / taken.count());
  }
  // The sums must be used, or the compiler may leave out the reads.
  return sums[0].value == 1 ? 0 : best;
}

}  // namespace sextant
