#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/tiles_k6.cc"
#include "hwy/foreach_target.h"
#include "sextant/kernels/cpu/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

void run_k6(const TileJob& job) {
  run_format<Codes::k6, Scales::kSuper16, 32>(job);  // Q6_K
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {

HWY_EXPORT(run_k6);

void run_tiles_k6(const TileJob& job) { HWY_DYNAMIC_DISPATCH(run_k6)(job); }

}  // namespace sextant::kernels
#endif
