// What the conformance tests share: every SIMD target of this CPU, random weights of every type.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "sextant/base/tensor_view.h"
#include "sextant/kernels/simd.h"

namespace sextant::kernels::conformance {

// Runs body once for each target; failures name it.
template <class Body>
void for_each_target(Body&& body) {
  for (const SimdTarget& target : simd_targets()) {
    SCOPED_TRACE(std::string(target.name));
    const SimdTargetScope scope(target);
    body();
  }
}

// Normal values; the same on every machine.
std::vector<float> random_floats(int64_t count, uint32_t seed, float deviation = 1.0f);

// Magnitude of the minima of random_weights: error bounds need it, because a weight is the sum of
// a product and a minimum that may cancel.
inline constexpr float kLargestMin = 0.25f;

struct RandomWeights {
  DType dtype = DType::kF32;
  int64_t rows = 0;
  int64_t cols = 0;
  std::vector<std::byte> bytes;
  std::vector<float> values;  // dequantised

  TensorView view() const { return {bytes.data(), dtype, {rows, cols}, {}}; }
};

// Any bits for the codes, scales of moderate size and either sign.
RandomWeights random_weights(DType dtype, int64_t rows, int64_t cols, uint32_t seed);

// All types that WeightMatrix packs.
const std::vector<DType>& weight_types();

}  // namespace sextant::kernels::conformance
