// The unit of work of the matrix kernels: some tiles of one weight times all tokens.
#pragma once

#include <cstdint>

#include "sextant/kernels/matmul.h"

namespace sextant::kernels {

struct TileJob {
  PackedFormat format;
  Precision precision = Precision::kF32;
  const uint8_t* tiles = nullptr;  // the first tile
  int64_t tile_count = 0;
  int64_t tile_bytes = 0;
  int64_t codes_offset = 0;  // within a tile
  int64_t cols = 0;
  const uint8_t* panels = nullptr;  // panels.h
  int64_t token_bytes = 0;          // of one token in a panel
  int64_t tokens = 0;               // rows of the panels
  int parts = 1;                    // of them that belong to one token and are added up
  float* out = nullptr;             // of the first row of the first tile
  int64_t out_stride = 0;           // between tokens
  int64_t rows = 0;                 // that exist from the first tile on
  const float* bias = nullptr;      // of the first row, or none
  bool accumulate = false;
};

// One for each kind of codes, in files of their own to spread the compile time.
void run_tiles_k4(const TileJob& job);
void run_tiles_k5(const TileJob& job);
void run_tiles_k6(const TileJob& job);
void run_tiles_k8(const TileJob& job);
void run_tiles_float(const TileJob& job);

// Writes a panel of `width` rows as panels.h says. x: tokens of `cols` values; with `two_parts`
// each token gives two rows, its 8-bit values and those of what they rounded away.
void pack_panel_int8(const float* x, int64_t cols, int width, bool two_parts, uint8_t* out);

}  // namespace sextant::kernels
