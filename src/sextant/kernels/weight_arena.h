// Memory for packed weights: few large pieces on huge pages where the system has them.
//
// Reading weights is what decoding spends its time on, and page look-ups of 4 KB cost a third of
// the bandwidth. Matrices of a model share one arena; a piece is freed when the arena and all
// matrices that lie in it are gone. allocate is not thread-safe.
#pragma once

#include <cstddef>
#include <memory>

#include "sextant/base/error.h"

namespace sextant::kernels {

class WeightArena {
 public:
  // Memory of that size at a multiple of 64, undefined content. Pages become resident when
  // written. Error kResourceExhausted.
  Result<std::shared_ptr<std::byte>> allocate(size_t bytes);

 private:
  std::shared_ptr<std::byte> piece_;
  size_t size_ = 0;
  size_t used_ = 0;
};

}  // namespace sextant::kernels
