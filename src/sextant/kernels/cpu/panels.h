// How activations lie in memory for the matrix kernels (class Activations).
//
// Tokens are cut into panels of 8, and the rest into 4, 2 and 1, so that the values that a kernel
// broadcasts one after the other are neighbours. W is the width of a panel.
//   f32:  x[cols][W]
//   int8: for each block of 32 columns { i8 q[8][W][4]; f32 d[W]; f32 s[W]; i32 n[W]; i32 low[W] }
//         q[j][w][i] is column 4j + i; d is the scale; s = d * sum(q); n = -sum(q); low = -sum of
//         the first 16.
#pragma once

#include <cstdint>

namespace sextant::kernels {

inline constexpr int kPanel = 8;

// Width of the next panel when `left` tokens remain.
inline int panel_width(int64_t left) { return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1; }

// Offsets in an int8 block, times W.
inline constexpr int64_t kScaleOffset = 32;
inline constexpr int64_t kScaledSumOffset = 36;
inline constexpr int64_t kSumOffset = 40;
inline constexpr int64_t kLowSumOffset = 44;
inline constexpr int64_t kBlockBytes = 48;

}  // namespace sextant::kernels
