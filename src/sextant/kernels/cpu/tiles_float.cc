#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/tiles_float.cc"
#include "hwy/foreach_target.h"
#include "sextant/kernels/cpu/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

void run_float(const TileJob& job) {
  if (job.format.codes == Codes::kF32) {
    all_panels<Codes::kF32, Scales::kNone, 0, false>(job);
  } else if (job.format.codes == Codes::kF16) {
    all_panels<Codes::kF16, Scales::kNone, 0, false>(job);
  } else {
    all_panels<Codes::kBF16, Scales::kNone, 0, false>(job);
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {

HWY_EXPORT(run_float);

void run_tiles_float(const TileJob& job) { HWY_DYNAMIC_DISPATCH(run_float)(job); }

}  // namespace sextant::kernels
#endif
