// Which vector instructions the kernels use: the best that the CPU has, chosen at the first call.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sextant::kernels {

struct SimdTarget {
  int64_t id = 0;
  std::string_view name;  // "AVX3_DL" (AVX-512 with VNNI), "AVX3", "AVX2", "SSE4", "SCALAR"
};

// All targets that are compiled in and that this CPU can run, best first. The first is used.
std::vector<SimdTarget> simd_targets();

// While alive, the kernels of the whole process use this target alone. For tests: no other thread
// may run kernels when it begins or ends.
class SimdTargetScope {
 public:
  explicit SimdTargetScope(const SimdTarget& target);
  ~SimdTargetScope();
  SimdTargetScope(const SimdTargetScope&) = delete;
  SimdTargetScope& operator=(const SimdTargetScope&) = delete;
};

}  // namespace sextant::kernels
