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
  // Bytes that are mapped at least at a time; what is never written costs addresses only. With 0
  // each allocation has its own mapping of just its size.
  explicit WeightArena(size_t piece_bytes = size_t{64} << 20) : piece_bytes_(piece_bytes) {}

  // Memory of that size at a multiple of 64, undefined content. Pages become resident when
  // written. Error kResourceExhausted.
  Result<std::shared_ptr<std::byte>> allocate(size_t bytes);

 private:
  std::shared_ptr<std::byte> piece_;
  size_t piece_bytes_;
  size_t size_ = 0;
  size_t used_ = 0;
};

}  // namespace sextant::kernels
