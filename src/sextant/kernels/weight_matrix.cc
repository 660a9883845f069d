#include "sextant/kernels/weight_matrix.h"

#include <algorithm>
#include <cstring>

#include "sextant/base/half.h"
#include "sextant/kernels/block_codes.h"

namespace sextant::kernels {
namespace {

// Writes rows of one tile; lane is the row within it.
class TileWriter {
 public:
  TileWriter(uint8_t* tile, const PackedFormat& format, int64_t cols)
      : scales_(tile), codes_(tile + codes_offset(format, cols)), format_(format) {}

  void put_row(DType dtype, const uint8_t* row, int64_t cols, int lane) {
    if (dtype == DType::kQ4_0 || dtype == DType::kQ4_1) {
      return put_nibble_row(row, dtype == DType::kQ4_1, cols, lane);
    }
    BlockCodes block;
    const int64_t size = info(dtype).block_size;
    for (int64_t b = 0; b < cols / size; ++b) {
      read_block(dtype, row + b * info(dtype).block_bytes, block);
      put_scales(block, b, lane);
      for (int64_t part = 0; part < size / kBlock; ++part) {
        put_codes(block.codes + part * kBlock, b * (size / kBlock) + part, lane);
      }
    }
  }

 private:
  // The nibbles of Q4_0 and Q4_1 already pair column k with k + 16, as ours do.
  void put_nibble_row(const uint8_t* row, bool has_min, int64_t cols, int lane) {
    const int64_t header = has_min ? 4 : 2;
    for (int64_t b = 0; b < cols / kBlock; ++b) {
      const uint8_t* block = row + b * (header + 16);
      uint8_t* scale = scales_ + b * header * kTileRows + lane * 2;
      std::memcpy(scale, block, 2);
      if (has_min) {
        std::memcpy(scale + 2 * kTileRows, block + 2, 2);
      }
      uint8_t* codes = codes_ + b * 256 + lane * 4;
      for (int v = 0; v < 4; ++v) {
        std::memcpy(codes + v * 64, block + header + v * 4, 4);
      }
    }
  }

  void put_scales(const BlockCodes& block, int64_t b, int lane) {
    uint8_t* out = scales_ + b * scale_bytes(format_.scales);
    std::memcpy(out + lane * 2, &block.d, 2);
    if (format_.scales == Scales::kPlain) {
      return;
    }
    out += 2 * kTileRows;
    if (format_.scales != Scales::kSuper16) {
      std::memcpy(out + lane * 2, &block.m, 2);
      out += 2 * kTileRows;
    }
    if (format_.scales == Scales::kPlainMin) {
      return;
    }
    const int subs = format_.scales == Scales::kSuperMin32 ? 8 : 16;
    for (int j = 0; j < subs; ++j) {
      out[j * kTileRows + lane] = block.sub_scale[j];
    }
    if (format_.scales != Scales::kSuper16) {
      for (int j = 0; j < subs; ++j) {
        out[(subs + j) * kTileRows + lane] = block.sub_min[j];
      }
    }
  }

  // Works on four codes at a time, as one word.
  void put_codes(const uint8_t* codes, int64_t b, int lane) {
    uint8_t* out = codes_ + b * code_bytes(format_.codes) + lane * 4;
    uint32_t words[8];
    std::memcpy(words, codes, sizeof(words));
    if (format_.codes == Codes::k8) {
      for (int j = 0; j < 8; ++j) {
        std::memcpy(out + j * 64, &words[j], 4);
      }
      return;
    }
    for (int v = 0; v < 4; ++v) {
      const uint32_t pair = (words[v] & 0x0f0f0f0f) | ((words[v + 4] & 0x0f0f0f0f) << 4);
      std::memcpy(out + v * 64, &pair, 4);
    }
    if (format_.codes == Codes::k5) {
      uint32_t high = 0;
      for (int j = 0; j < 8; ++j) {
        high |= ((words[j] >> 4) & 0x01010101) << j;
      }
      std::memcpy(out + 256, &high, 4);
    } else if (format_.codes == Codes::k6) {
      for (int h = 0; h < 2; ++h) {
        uint32_t high = 0;
        for (int m = 0; m < 4; ++m) {
          high |= ((words[4 * h + m] >> 4) & 0x03030303) << (2 * m);
        }
        std::memcpy(out + 256 + h * 64, &high, 4);
      }
    }
  }

  uint8_t* scales_;
  uint8_t* codes_;
  PackedFormat format_;
};

// Transposes the rows of a tile of floats; row i begins at rows[i].
template <class T>
void put_floats(T* tile, std::span<const uint8_t* const> rows, int64_t cols) {
  for (int64_t k = 0; k < cols; ++k) {
    for (size_t lane = 0; lane < rows.size(); ++lane) {
      std::memcpy(tile + k * kTileRows + static_cast<int64_t>(lane),
                  rows[lane] + static_cast<size_t>(k) * sizeof(T), sizeof(T));
    }
  }
}

void write_tile(uint8_t* tile, const TensorView& weights, const PackedFormat& format,
                std::span<const uint8_t* const> rows) {
  const int64_t cols = weights.shape[1];
  if (rows.size() < kTileRows) {
    std::memset(tile, 0, static_cast<size_t>(tile_bytes(format, cols)));
  }
  if (format.codes == Codes::kF32) {
    return put_floats(reinterpret_cast<uint32_t*>(tile), rows, cols);
  }
  if (format.is_float()) {
    return put_floats(reinterpret_cast<uint16_t*>(tile), rows, cols);
  }
  TileWriter writer(tile, format, cols);
  for (size_t lane = 0; lane < rows.size(); ++lane) {
    writer.put_row(weights.dtype, rows[lane], cols, static_cast<int>(lane));
  }
}

// Reads one row of a tile back.
class TileReader {
 public:
  TileReader(const uint8_t* tile, const PackedFormat& format, int64_t cols, int lane)
      : scales_(tile), codes_(tile + codes_offset(format, cols)), format_(format), lane_(lane) {}

  float float_at(int64_t k) const {
    const int64_t index = k * kTileRows + lane_;
    if (format_.codes == Codes::kF32) {
      float value;
      std::memcpy(&value, codes_ + index * 4, 4);
      return value;
    }
    const uint16_t bits = u16_at(codes_ + index * 2);
    return format_.codes == Codes::kF16 ? f16_to_f32(bits) : bf16_to_f32(bits);
  }

  int code(int64_t b, int k) const {
    const uint8_t* block = codes_ + b * code_bytes(format_.codes) + lane_ * 4 + k % 4;
    const int j = k / 4;
    if (format_.codes == Codes::k8) {
      return block[j * 64];
    }
    const int low = (block[j % 4 * 64] >> (j / 4 * 4)) & 15;
    if (format_.codes == Codes::k4) {
      return low;
    }
    const int bits = format_.codes == Codes::k5 ? 1 : 2;
    const int high = (block[256 + j * bits / 8 * 64] >> (j * bits % 8)) & ((1 << bits) - 1);
    return low | (high << 4);
  }

  // Scale and minimum of the columns [16 * half, 16 * half + 16) of block b.
  void scale_at(int64_t b, int half, float& scale, float& minimum) const {
    const int64_t columns = scale_columns(format_.scales);
    const uint8_t* in = scales_ + b * kBlock / columns * scale_bytes(format_.scales);
    scale = f16_to_f32(u16_at(in + lane_ * 2));
    minimum = 0;
    in += 2 * kTileRows;
    if (format_.scales == Scales::kPlain) {
      return;
    }
    if (format_.scales != Scales::kSuper16) {
      minimum = f16_to_f32(u16_at(in + lane_ * 2));
      in += 2 * kTileRows;
    }
    if (format_.scales == Scales::kPlainMin) {
      return;
    }
    const int64_t subs = format_.scales == Scales::kSuperMin32 ? 8 : 16;
    const int64_t sub = subs == 8 ? b % 8 : b % 8 * 2 + half;
    const uint8_t sub_scale = in[sub * kTileRows + lane_];
    if (format_.scales == Scales::kSuper16) {
      scale *= static_cast<float>(static_cast<int8_t>(sub_scale));
    } else {
      scale *= static_cast<float>(sub_scale);
      minimum *= -static_cast<float>(in[(subs + sub) * kTileRows + lane_]);
    }
  }

 private:
  static uint16_t u16_at(const uint8_t* bytes) {
    uint16_t bits;
    std::memcpy(&bits, bytes, 2);
    return bits;
  }

  const uint8_t* scales_;
  const uint8_t* codes_;
  PackedFormat format_;
  int lane_;
};

Result<void> check_shape(const TensorView& weights, std::span<const int64_t> row_order) {
  if (weights.shape.size() != 2 || !weights.contiguous()) {
    return fail(ErrorCode::kInvalidArgument,
                "[kernels/weights] expected a contiguous tensor [rows, cols], found {}{}",
                to_string(weights.shape), weights.contiguous() ? "" : " with strides");
  }
  if (weights.shape[1] % info(weights.dtype).block_size != 0) {
    return fail(ErrorCode::kInvalidArgument,
                "[kernels/weights] expected columns in blocks of {} for {}, found {}",
                info(weights.dtype).block_size, to_string(weights.dtype), weights.shape[1]);
  }
  SEXTANT_CHECK(row_order.empty() || row_order.size() == static_cast<size_t>(weights.shape[0]),
                "{} entries order {} rows", row_order.size(), weights.shape[0]);
  for (const int64_t row : row_order) {
    SEXTANT_CHECK(row >= 0 && row < weights.shape[0], "row {} of {}", row, weights.shape[0]);
  }
  return {};
}

}  // namespace

Result<WeightMatrix> WeightMatrix::pack(const TensorView& weights, ThreadPool& pool,
                                        std::span<const int64_t> row_order, WeightArena* arena) {
  SEXTANT_TRY(const PackedFormat format, packed_format(weights.dtype));
  SEXTANT_TRY_VOID(check_shape(weights, row_order));
  WeightMatrix out;
  out.rows_ = weights.shape[0];
  out.cols_ = weights.shape[1];
  out.dtype_ = weights.dtype;
  out.format_ = format;
  out.tile_bytes_ = kernels::tile_bytes(format, out.cols_);
  out.bytes_ = static_cast<size_t>(out.tiles() * out.tile_bytes_);
  WeightArena own(0);
  SEXTANT_TRY(out.data_, (arena != nullptr ? *arena : own).allocate(out.bytes_));
  const auto* source = reinterpret_cast<const uint8_t*>(weights.data);
  const int64_t row_bytes =
      out.cols_ / info(weights.dtype).block_size * info(weights.dtype).block_bytes;
  pool.for_each_chunk(out.tiles(), 4, [&](int64_t begin, int64_t end, int) {
    for (int64_t t = begin; t < end; ++t) {
      const uint8_t* rows[kTileRows];
      const int64_t count = std::min(kTileRows, out.rows_ - t * kTileRows);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t row = t * kTileRows + i;
        const int64_t from = row_order.empty() ? row : row_order[static_cast<size_t>(row)];
        rows[i] = source + from * row_bytes;
      }
      write_tile(reinterpret_cast<uint8_t*>(out.data_.get()) + t * out.tile_bytes_, weights, format,
                 std::span(rows).first(static_cast<size_t>(count)));
    }
  });
  return out;
}

void WeightMatrix::read_row(int64_t row, std::span<float> out) const {
  SEXTANT_CHECK(row >= 0 && row < rows_ && out.size() == static_cast<size_t>(cols_),
                "row {} of [{},{}] into {} values", row, rows_, cols_, out.size());
  const TileReader reader(reinterpret_cast<const uint8_t*>(tile(row / kTileRows)), format_, cols_,
                          static_cast<int>(row % kTileRows));
  if (format_.is_float()) {
    for (int64_t k = 0; k < cols_; ++k) {
      out[static_cast<size_t>(k)] = reader.float_at(k);
    }
    return;
  }
  for (int64_t k = 0; k < cols_; k += 16) {
    float scale = 0;
    float minimum = 0;
    reader.scale_at(k / kBlock, static_cast<int>(k / 16 % 2), scale, minimum);
    for (int64_t i = k; i < k + 16; ++i) {
      const int code = reader.code(i / kBlock, static_cast<int>(i % kBlock)) - format_.offset;
      out[static_cast<size_t>(i)] = scale * static_cast<float>(code) + minimum;
    }
  }
}

}  // namespace sextant::kernels
