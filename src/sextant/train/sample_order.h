// Which sample comes when: a permutation of the data set for each epoch that is computed, not kept.
//
// The index of any position costs the same (about a microsecond) and no memory, so that a run can
// resume anywhere and every rank and thread agrees without talking. A balanced Feistel network over
// a power of four, walked until it falls into [0, size): exact, for any size. Immutable;
// safe from several threads.
#pragma once

#include <cstdint>

namespace sextant::train {

class SampleOrder {
 public:
  // `size`: samples, at least 0. Without `shuffle` the order is 0, 1, 2, ...
  SampleOrder(int64_t size, uint64_t seed, bool shuffle);

  int64_t size() const { return size_; }

  // The sample at `position` of [0, size()) in that epoch.
  int64_t index(int64_t epoch, int64_t position) const;

  // What decides the augmentation of sample `index` in that epoch.
  uint64_t sample_seed(int64_t epoch, int64_t index) const;

 private:
  uint64_t encipher(uint64_t value, uint64_t epoch) const;

  int64_t size_;
  uint64_t seed_;
  bool shuffle_;
  int half_bits_;
};

}  // namespace sextant::train
