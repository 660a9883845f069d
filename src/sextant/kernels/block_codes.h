// Reads the block formats of GGUF files as codes and scales, for packing; dequantisation to f32
// is io's (io/dequantise.h). No allocation, no errors: the caller has checked the sizes.
#pragma once

#include <cstdint>

#include "sextant/base/dtype.h"

namespace sextant::kernels {

// One block of a row. weight = d * sub_scale * (code - offset) + m * sub_min, where formats
// without sub-scales have 1 for them, and offset is that of packed_format(dtype).
struct BlockCodes {
  uint8_t codes[256];     // info(dtype).block_size of them
  uint16_t d = 0;         // f16
  uint16_t m = 0;         // f16; of kSuperMin formats it is subtracted
  uint8_t sub_scale[16];  // per 32 (kSuperMin32) or 16 columns; i8 in kSuper16
  uint8_t sub_min[16];
};

void read_block(DType dtype, const uint8_t* block, BlockCodes& out);

}  // namespace sextant::kernels
