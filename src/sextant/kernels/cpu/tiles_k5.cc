#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/tiles_k5.cc"
#include "hwy/foreach_target.h"
#include "sextant/kernels/cpu/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

void run_k5(const TileJob& job) {
  switch (job.format.scales) {
    case Scales::kPlain:  // Q5_0
      return run_format<Codes::k5, Scales::kPlain, 16>(job);
    case Scales::kPlainMin:  // Q5_1
      return run_format<Codes::k5, Scales::kPlainMin, 0>(job);
    default:  // Q5_K
      return run_format<Codes::k5, Scales::kSuperMin32, 0>(job);
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {

HWY_EXPORT(run_k5);

void run_tiles_k5(const TileJob& job) { HWY_DYNAMIC_DISPATCH(run_k5)(job); }

}  // namespace sextant::kernels
#endif
