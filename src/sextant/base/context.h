// What every long-running call is handed: threads, seed, a way to stop it, a place for progress.
// Passed down by reference; there are no globals behind it.
#pragma once

#include <cstdint>

#include "sextant/base/cancel.h"
#include "sextant/base/thread_pool.h"

namespace sextant {

class Progress;

struct Context {
  ThreadPool& pool;
  uint64_t seed = 0;
  const CancelToken* cancel = nullptr;
  Progress* progress = nullptr;

  bool cancelled() const { return cancel != nullptr && cancel->cancelled(); }
};

}  // namespace sextant
