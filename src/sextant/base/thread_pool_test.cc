#include "sextant/base/thread_pool.h"

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sextant/base/error.h"

namespace sextant {
namespace {

TEST(ThreadPool, CoversEachItemOnceForAnyThreadCountAndChunk) {
  for (int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int64_t count : {0, 1, 2, 5, 64, 1000}) {
      for (int64_t chunk : {1, 3, 64, 5000}) {
        std::vector<int> seen(static_cast<size_t>(count), 0);
        std::atomic<bool> in_range{true};
        pool.for_each_chunk(count, chunk, [&](int64_t begin, int64_t end, int thread) {
          if (end - begin > chunk || thread < 0 || thread >= threads) {
            in_range = false;
          }
          for (int64_t i = begin; i < end; ++i) {
            ++seen[static_cast<size_t>(i)];
          }
        });
        EXPECT_TRUE(in_range);
        EXPECT_EQ(seen, std::vector<int>(static_cast<size_t>(count), 1));
      }
    }
  }
}

// Chunks are fixed by the caller, so sums within them round the same whoever computes them.
TEST(ThreadPool, ResultsDoNotDependOnTheThreadCount) {
  const auto sums = [](int threads) {
    ThreadPool pool(threads);
    std::vector<float> out(100);
    pool.for_each_chunk(10000, 100, [&](int64_t begin, int64_t end, int) {
      float sum = 0;
      for (int64_t i = begin; i < end; ++i) {
        sum += std::sin(static_cast<float>(i));
      }
      out[static_cast<size_t>(begin / 100)] = sum;
    });
    return out;
  };
  const auto expected = sums(1);
  for (int threads : {2, 3, 8}) {
    EXPECT_EQ(sums(threads), expected);
  }
}

TEST(ThreadPool, PassesAnExceptionOnAndStaysUsable) {
  for (int threads : {1, 4}) {
    ThreadPool pool(threads);
    for (int64_t thrower : {int64_t{0}, int64_t{50}, int64_t{99}}) {
      EXPECT_THROW(pool.for_each_chunk(100, 1,
                                       [&](int64_t begin, int64_t, int) {
                                         if (begin == thrower) {
                                           throw std::runtime_error("body");
                                         }
                                       }),
                   std::runtime_error);
      std::atomic<int64_t> sum{0};
      pool.for_each_chunk(100, 1, [&](int64_t begin, int64_t, int) { sum += begin; });
      EXPECT_EQ(sum, 4950);
    }
    EXPECT_THROW(pool.for_each_chunk(4, 0, [](int64_t, int64_t, int) {}), SextantError);
  }
}

// A lost wake-up would hang here: the test's time limit is its assertion.
TEST(ThreadPool, NoWakeUpIsLostOverManyTinyLoops) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum{0};
  constexpr int kLoops = 100000;
  for (int i = 0; i < kLoops; ++i) {
    pool.for_each_chunk(
        3, 1, [&](int64_t, int64_t, int) { sum.fetch_add(1, std::memory_order_relaxed); });
    if (i % 20000 == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // workers fall asleep
    }
  }
  EXPECT_EQ(sum, 3 * int64_t{kLoops});
}

TEST(ThreadPool, IdleWorkersSleep) {
  ThreadPool pool(4);
  pool.for_each_chunk(4, 1, [](int64_t, int64_t, int) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // past the spinning
  const std::clock_t before = std::clock();                    // of all threads
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const double busy = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  EXPECT_LT(busy, 0.05);  // three spinning workers would use 0.2 s or more
}

TEST(ThreadPool, WaitsForAWorkerThatIsLate) {
  ThreadPool pool(2);
  std::atomic<int> done{0};
  pool.for_each_chunk(2, 1, [&](int64_t begin, int64_t, int) {
    std::this_thread::sleep_for(std::chrono::milliseconds(begin == 0 ? 1 : 60));
    ++done;
  });
  EXPECT_EQ(done, 2);
}

TEST(ThreadPool, CountsUsableProcessors) {
  EXPECT_GE(ThreadPool::available_threads(), 1);
  EXPECT_EQ(ThreadPool().threads(), ThreadPool::available_threads());
}

}  // namespace
}  // namespace sextant
