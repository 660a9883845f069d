// A request to stop: set from a signal handler or another thread, looked at between steps.
#pragma once

#include <atomic>

#include "sextant/base/error.h"

namespace sextant {

class CancelToken {
 public:
  void cancel() noexcept { flag_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return flag_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> flag_{false};
  static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");
};

// Turns the first SIGINT and SIGTERM of the process into a set token; the second SIGINT ends the
// process at once with status 130. The token lives as long as the process.
CancelToken& interrupt_token();

}  // namespace sextant
