#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/tiles_k4.cc"
#include "hwy/foreach_target.h"
#include "sextant/kernels/cpu/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

void run_k4(const TileJob& job) {
  switch (job.format.scales) {
    case Scales::kPlain:  // Q4_0
      return run_format<Codes::k4, Scales::kPlain, 8>(job);
    case Scales::kPlainMin:  // Q4_1
      return run_format<Codes::k4, Scales::kPlainMin, 0>(job);
    case Scales::kSuperMin32:  // Q4_K
      return run_format<Codes::k4, Scales::kSuperMin32, 0>(job);
    case Scales::kSuperMin16:  // Q2_K
      return run_format<Codes::k4, Scales::kSuperMin16, 0>(job);
    default:  // Q3_K
      return run_format<Codes::k4, Scales::kSuper16, 4>(job);
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {

HWY_EXPORT(run_k4);

void run_tiles_k4(const TileJob& job) { HWY_DYNAMIC_DISPATCH(run_k4)(job); }

}  // namespace sextant::kernels
#endif
