// A pool for data-parallel loops of a few microseconds up.
//
// Workers spin for a short while after a loop (a token of a small model has some two hundred
// loops), then sleep. A loop's chunks are independent, so results do not depend on the number of
// threads. One loop at a time: for_each_chunk is called from one thread and does not nest.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace sextant {

class ThreadPool {
 public:
  // `threads` counts the caller; 0 means one for each processor that this process may use.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }

  // Calls body(begin, end, thread) for [0, count) cut into pieces of `chunk`; thread is below
  // threads(). Returns when all are done. The first exception of a body is thrown again here.
  template <class Body>
  void for_each_chunk(int64_t count, int64_t chunk, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    run(count, chunk, {&body, [](void* object, int64_t begin, int64_t end, int thread) {
                         (*static_cast<Plain*>(object))(begin, end, thread);
                       }});
  }

  // Processors that this process may use (affinity mask, at least 1).
  static int available_threads();

 private:
  struct Task {
    const void* object;
    void (*call)(void* object, int64_t begin, int64_t end, int thread);
  };
  struct State;
  void run(int64_t count, int64_t chunk, Task task);

  int threads_;
  std::unique_ptr<State> state_;
};

}  // namespace sextant
