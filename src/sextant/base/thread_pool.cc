#include "sextant/base/thread_pool.h"

#include <sched.h>
#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "sextant/base/error.h"

namespace sextant {
namespace {

void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// About 100 microseconds of pauses on a 3 GHz core: longer than the gaps between the loops of one
// token, short enough to cost nothing when the program waits for a person.
constexpr int kSpins = 4000;

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> workers;
  // Each loop has a generation; workers wait for it to change.
  alignas(64) std::atomic<uint32_t> generation{0};
  alignas(64) std::atomic<int64_t> next{0};  // first item not yet taken
  alignas(64) std::atomic<int> running{0};   // workers that have not left the loop
  std::atomic<bool> stop{false};
  Task task{};
  int64_t count = 0;
  int64_t chunk = 1;
  std::mutex error_mutex;
  std::exception_ptr error;

  void work(int thread) {
    try {
      for (;;) {
        const int64_t begin = next.fetch_add(chunk, std::memory_order_relaxed);
        if (begin >= count) {
          return;
        }
        task.call(const_cast<void*>(task.object), begin, std::min(begin + chunk, count), thread);
      }
    } catch (...) {
      next.store(count, std::memory_order_relaxed);
      const std::lock_guard lock(error_mutex);
      if (!error) {
        error = std::current_exception();
      }
    }
  }

  void worker_main(int thread) {
    uint32_t seen = 0;
    for (;;) {
      uint32_t now = generation.load(std::memory_order_acquire);
      for (int i = 0; now == seen && i < kSpins; ++i) {
        pause_cpu();
        now = generation.load(std::memory_order_acquire);
      }
      while (now == seen) {
        generation.wait(seen, std::memory_order_acquire);
        now = generation.load(std::memory_order_acquire);
      }
      seen = now;
      if (stop.load(std::memory_order_relaxed)) {
        return;
      }
      work(thread);
      if (running.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        running.notify_one();
      }
    }
  }
};

int ThreadPool::available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    return std::max(1, CPU_COUNT(&set));
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

ThreadPool::ThreadPool(int threads)
    : threads_(threads > 0 ? threads : available_threads()), state_(std::make_unique<State>()) {
  for (int i = 1; i < threads_; ++i) {
    state_->workers.emplace_back([this, i] { state_->worker_main(i); });
  }
}

ThreadPool::~ThreadPool() {
  state_->stop.store(true, std::memory_order_relaxed);
  state_->generation.fetch_add(1, std::memory_order_release);
  state_->generation.notify_all();
  for (std::thread& worker : state_->workers) {
    worker.join();
  }
}

void ThreadPool::run(int64_t count, int64_t chunk, Task task) {
  SEXTANT_CHECK(chunk > 0, "chunk {}", chunk);
  if (count <= 0) {
    return;
  }
  State& state = *state_;
  if (threads_ == 1 || count <= chunk) {
    for (int64_t begin = 0; begin < count; begin += chunk) {
      task.call(const_cast<void*>(task.object), begin, std::min(begin + chunk, count), 0);
    }
    return;
  }
  state.task = task;
  state.count = count;
  state.chunk = chunk;
  state.next.store(0, std::memory_order_relaxed);
  state.running.store(threads_ - 1, std::memory_order_relaxed);
  state.generation.fetch_add(1, std::memory_order_release);
  state.generation.notify_all();
  state.work(0);
  int left = state.running.load(std::memory_order_acquire);
  for (int i = 0; left != 0; ++i) {
    if (i < kSpins) {
      pause_cpu();
    } else {
      state.running.wait(left, std::memory_order_acquire);
    }
    left = state.running.load(std::memory_order_acquire);
  }
  if (state.error) {
    std::rethrow_exception(std::exchange(state.error, nullptr));
  }
}

}  // namespace sextant
