#include "sextant/kernels/simd.h"

#include "hwy/highway.h"

namespace sextant::kernels {

std::vector<SimdTarget> simd_targets() {
  std::vector<SimdTarget> targets;
  for (const int64_t id : hwy::SupportedAndGeneratedTargets()) {
    targets.push_back({id, hwy::TargetName(id)});
  }
  return targets;
}

SimdTargetScope::SimdTargetScope(const SimdTarget& target) {
  hwy::SetSupportedTargetsForTest(target.id);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

SimdTargetScope::~SimdTargetScope() {
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace sextant::kernels
