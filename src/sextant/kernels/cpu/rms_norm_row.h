// What the backward pass of one RMS-normed row reads, for every SIMD target.
#pragma once

#include <cstddef>

namespace sextant::kernels {

struct RmsNormRow {
  const float* x;
  const float* weight;
  const float* grad;
  size_t n;
  float epsilon;
};

}  // namespace sextant::kernels
