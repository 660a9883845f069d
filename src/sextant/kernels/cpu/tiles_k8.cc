#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sextant/kernels/cpu/tiles_k8.cc"
#include "hwy/foreach_target.h"
#include "sextant/kernels/cpu/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

void run_k8(const TileJob& job) {
  run_format<Codes::k8, Scales::kPlain, 128>(job);  // Q8_0, IQ4_NL
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sextant::kernels {

HWY_EXPORT(run_k8);

void run_tiles_k8(const TileJob& job) { HWY_DYNAMIC_DISPATCH(run_k8)(job); }

}  // namespace sextant::kernels
#endif
