// How fast this machine reads memory: the limit that token-by-token text generation runs against.
#pragma once

#include <cstddef>

#include "sextant/base/thread_pool.h"

namespace sextant {

// Bytes per second of a plain read of `bytes` (should be several times the last-level cache) by
// all threads of the pool: the best of `rounds`. Takes rounds * bytes / speed, plus the time to
// touch the memory first; holds `bytes` meanwhile.
double measure_read_bandwidth(ThreadPool& pool, size_t bytes = size_t{256} << 20, int rounds = 4);

}  // namespace sextant
