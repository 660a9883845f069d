// Random numbers for data: a stream that is a pure function of (seed, stream), so that whatever is
// drawn for one sample does not depend on threads, batches or what was drawn before.
//
// Not the generator of weights or noise (base/mt19937.h, base/philox.h): nothing here has to equal
// another library's. One thread a stream. Each number costs a few nanoseconds.
#pragma once

#include <array>
#include <cstdint>

namespace sextant::train {

class Random {
 public:
  explicit Random(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint32_t word();
  uint64_t word64();
  // [0, 1), a multiple of 2^-53.
  double uniform();
  // [low, high)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // An integer of [0, count), exactly uniform. `count` at least 1.
  int64_t below(int64_t count);
  // Beta(alpha, alpha), by Jöhnk's method: alpha of (0, 4], beyond which it would take long.
  double beta(double alpha);

 private:
  uint64_t seed_;
  uint64_t stream_;
  uint64_t draw_ = 0;
  std::array<uint32_t, 4> words_ = {};
};

}  // namespace sextant::train
