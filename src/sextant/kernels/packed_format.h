// How the weights of a tile lie in memory. For the kernels and their tests only.
//
// A tile holds 16 rows, so that one vector lane belongs to one row and no kernel needs a sum
// across lanes. It is [scales][codes], each padded to 64 bytes. k counts columns, b blocks of 32
// columns, s groups of 256, l the row within the tile.
//
// Floats: codes[k][l].
// Integers: a vector of 64 bytes holds for each row four columns in a row: byte l*4 + i of vector
// j belongs to column 4j + i of the block, j < 8.
//   k8: the vectors 0..7.
//   k4: four vectors; vector v has columns of j = v in the low and of j = v + 4 in the high nibble.
//   k5: k4 and one vector whose bit j is the fifth bit.
//   k6: k4 and two vectors; vector h holds the upper two bits of j = 4h + m at bits 2m.
// The stored code is unsigned; weight = scale * (code - offset) + minimum.
// Scales, each for 16 rows:
//   kPlain: b x { f16 d }
//   kPlainMin: b x { f16 d, f16 m }
//   kSuperMin32: s x { f16 d, f16 m, u8 sc[8], u8 mn[8] }, scale d*sc, minimum -m*mn, per 32
//   kSuperMin16: s x { f16 d, f16 m, u8 sc[16], u8 mn[16] }, the same per 16 columns
//   kSuper16: s x { f16 d, i8 sc[16] }, scale d*sc, per 16 columns
#pragma once

#include <cstdint>

#include "sextant/base/dtype.h"
#include "sextant/base/error.h"

namespace sextant::kernels {

inline constexpr int64_t kTileRows = 16;
inline constexpr int64_t kBlock = 32;   // columns that share one activation scale
inline constexpr int64_t kSuper = 256;  // columns of a super block (the K formats)

enum class Codes : uint8_t { kF32, kF16, kBF16, k4, k5, k6, k8 };
enum class Scales : uint8_t { kNone, kPlain, kPlainMin, kSuperMin32, kSuperMin16, kSuper16 };

struct PackedFormat {
  Codes codes = Codes::kF32;
  Scales scales = Scales::kNone;
  int offset = 0;  // a power of two or zero

  bool is_float() const { return scales == Scales::kNone; }
  bool operator==(const PackedFormat&) const = default;
};

// The packed form of a type. Error kUnsupported where the type holds no weights.
Result<PackedFormat> packed_format(DType dtype);

// Bytes of the codes of 16 rows: of a block of 32 columns, or of one column of floats.
constexpr int64_t code_bytes(Codes codes) {
  switch (codes) {
    case Codes::kF32:
      return 64;
    case Codes::k4:
      return 256;
    case Codes::k5:
      return 256 + 64;
    case Codes::k6:
      return 256 + 128;
    case Codes::k8:
      return 512;
    default:  // F16, BF16
      return 32;
  }
}

// Bytes of the scales of 16 rows, and the columns they cover.
constexpr int64_t scale_bytes(Scales scales) {
  switch (scales) {
    case Scales::kPlain:
      return 32;
    case Scales::kPlainMin:
      return 64;
    case Scales::kSuperMin32:
      return 64 + 16 * 16;
    case Scales::kSuperMin16:
      return 64 + 32 * 16;
    case Scales::kSuper16:
      return 32 + 16 * 16;
    default:
      return 0;
  }
}
constexpr int64_t scale_columns(Scales scales) {
  return scales == Scales::kPlain || scales == Scales::kPlainMin ? kBlock : kSuper;
}

// Where the codes of a tile begin (after its padded scales), and where the tile ends.
int64_t codes_offset(const PackedFormat& format, int64_t cols);
int64_t tile_bytes(const PackedFormat& format, int64_t cols);

}  // namespace sextant::kernels
