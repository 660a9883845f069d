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

// The gate word: a loop's number, whether the loop is open to workers, who is inside.
// Workers enter and leave through it, so the caller waits for those who entered only: one that the
// system has not scheduled costs nothing.
constexpr int kMaxThreads = 4096;     // well below the mask
constexpr uint32_t kInside = 0x3fff;  // mask of the count
constexpr uint32_t kCallerSleeps = 0x4000;
constexpr uint32_t kClosed = 0x8000;
constexpr uint32_t kNextLoop = 0x10000;

uint32_t loop_number(uint32_t gate) { return gate / kNextLoop; }

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> workers;
  alignas(64) std::atomic<uint32_t> gate{kClosed};
  alignas(64) std::atomic<int64_t> next{0};  // first item not yet taken
  std::atomic<bool> stop{false};
  // Written while the gate is closed and nobody is inside.
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

  // Returns the gate once it shows another loop than `seen`.
  uint32_t wait_for_loop(uint32_t seen) {
    uint32_t now = gate.load(std::memory_order_acquire);
    for (int i = 0; loop_number(now) == seen && i < kSpins; ++i) {
      pause_cpu();
      now = gate.load(std::memory_order_acquire);
    }
    while (loop_number(now) == seen) {
      gate.wait(now, std::memory_order_acquire);
      now = gate.load(std::memory_order_acquire);
    }
    return now;
  }

  void leave() {
    const uint32_t left = gate.fetch_sub(1, std::memory_order_acq_rel) - 1;
    if ((left & kInside) == 0 && (left & kCallerSleeps) != 0) {
      gate.notify_all();  // sleeping workers wait on the same word
    }
  }

  void worker_main(int thread) {
    uint32_t seen = 0;
    for (;;) {
      uint32_t now = wait_for_loop(seen);
      if (stop.load(std::memory_order_relaxed)) {
        return;
      }
      seen = loop_number(now);
      while ((now & kClosed) == 0 && loop_number(now) == seen) {
        if (gate.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
          work(thread);
          leave();
          break;
        }
      }
    }
  }

  void open() {
    const uint32_t loop = gate.load(std::memory_order_relaxed) / kNextLoop * kNextLoop;
    gate.store(loop + kNextLoop, std::memory_order_release);
    gate.notify_all();
  }

  void close_and_wait() {
    uint32_t now = gate.fetch_or(kClosed, std::memory_order_acq_rel) | kClosed;
    for (int i = 0; (now & kInside) != 0 && i < kSpins; ++i) {
      pause_cpu();
      now = gate.load(std::memory_order_acquire);
    }
    while ((now & kInside) != 0) {
      if ((now & kCallerSleeps) == 0) {
        now = gate.fetch_or(kCallerSleeps, std::memory_order_acq_rel) | kCallerSleeps;
        continue;
      }
      gate.wait(now, std::memory_order_acquire);
      now = gate.load(std::memory_order_acquire);
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
  SEXTANT_CHECK(threads_ <= kMaxThreads, "{} threads", threads_);
  for (int i = 1; i < threads_; ++i) {
    state_->workers.emplace_back([this, i] { state_->worker_main(i); });
  }
}

ThreadPool::~ThreadPool() {
  state_->stop.store(true, std::memory_order_relaxed);
  state_->open();
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
  state.open();
  state.work(0);
  state.close_and_wait();
  if (state.error) {
    std::rethrow_exception(std::exchange(state.error, nullptr));
  }
}

}  // namespace sextant
