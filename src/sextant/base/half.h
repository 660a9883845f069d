// Conversions between f32 and the small float types. Exact in the widening direction, round to
// nearest even in the other; NaN stays NaN. Bulk conversions live in kernels.
#pragma once

#include <cstdint>

namespace sextant {

float f16_to_f32(uint16_t bits);
uint16_t f32_to_f16(float value);
float bf16_to_f32(uint16_t bits);
uint16_t f32_to_bf16(float value);
float f8_e4m3_to_f32(uint8_t bits);  // the finite variant (fn): no infinity, 0x7f is NaN
float f8_e5m2_to_f32(uint8_t bits);

}  // namespace sextant
