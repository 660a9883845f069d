// Rotary position embedding: inverse frequencies of every scaling, and tables of cos and sin.
// Source: transformers modeling_rope_utils.py (default, linear, dynamic, yarn, llama3).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sextant/lm/config.h"

namespace sextant::lm {

struct RopeFrequencies {
  std::vector<float> inverse;  // [head_dim / 2], radians per position
  float scale = 1.0f;          // factor on cos and sin (yarn's attention factor)
};

// `length` is the number of positions in use, which only the dynamic scaling looks at.
RopeFrequencies rope_frequencies(const RopeConfig& rope, int64_t head_dim, int64_t max_positions,
                                 int64_t length);

// cos and sin of positions [first, first + count): each [count, head_dim / 2], angles in f32 as the
// reference computes them.
struct RopeTable {
  std::vector<float> cos, sin;
};
RopeTable rope_table(const RopeFrequencies& frequencies, int64_t first, int64_t count);

}  // namespace sextant::lm
