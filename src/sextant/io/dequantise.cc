#include "sextant/io/dequantise.h"

#include <algorithm>
#include <cstring>

#include "sextant/base/half.h"
#include "sextant/io/block_formats.h"

namespace sextant::io {
namespace {

constexpr int64_t kMaxRepeated = int64_t{4} << 20;  // 16 MB of f32

void decode(const BlockQ4_0& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  for (int i = 0; i < 16; ++i) {
    dst[i] = scale * static_cast<float>((block.quants[i] & 15) - 8);
    dst[i + 16] = scale * static_cast<float>((block.quants[i] >> 4) - 8);
  }
}

void decode(const BlockQ4_1& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  const float minimum = f16_to_f32(block.minimum);
  for (int i = 0; i < 16; ++i) {
    dst[i] = scale * static_cast<float>(block.quants[i] & 15) + minimum;
    dst[i + 16] = scale * static_cast<float>(block.quants[i] >> 4) + minimum;
  }
}

// Element i of the 32 five-bit numbers of Q5_0 and Q5_1.
template <class Block>
int five_bits(const Block& block, int i) {
  const int low = i < 16 ? block.quants[i] & 15 : block.quants[i - 16] >> 4;
  return low | static_cast<int>(((block.high_bits >> i) & 1) << 4);
}

void decode(const BlockQ5_0& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  for (int i = 0; i < kBlock; ++i) {
    dst[i] = scale * static_cast<float>(five_bits(block, i) - 16);
  }
}

void decode(const BlockQ5_1& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  const float minimum = f16_to_f32(block.minimum);
  for (int i = 0; i < kBlock; ++i) {
    dst[i] = scale * static_cast<float>(five_bits(block, i)) + minimum;
  }
}

void decode(const BlockQ8_0& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  for (int i = 0; i < kBlock; ++i) {
    dst[i] = scale * static_cast<float>(block.quants[i]);
  }
}

void decode(const BlockIQ4_NL& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  for (int i = 0; i < 16; ++i) {
    dst[i] = scale * static_cast<float>(kIq4Values[block.quants[i] & 15]);
    dst[i + 16] = scale * static_cast<float>(kIq4Values[block.quants[i] >> 4]);
  }
}

// Two bits of element i (0 to 255) in the placement that Q2_K, Q3_K and Q6_K share.
int two_bits(const uint8_t (&quants)[64], int i) {
  return (quants[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
}

// Four bits of element i (0 to 255) in 64-element chunks (Q4_K, Q5_K: chunk = 64) or 128-element
// chunks (Q6_K).
int four_bits(const uint8_t (&quants)[128], int i, int chunk) {
  const int within = i % chunk;
  const int byte = i / chunk * (chunk / 2) + within % (chunk / 2);
  return within < chunk / 2 ? quants[byte] & 15 : quants[byte] >> 4;
}

void decode(const BlockQ2_K& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  const float minimum = f16_to_f32(block.minimum);
  for (int group = 0; group < 16; ++group) {
    const float step = scale * static_cast<float>(block.scales[group] & 15);
    const float offset = minimum * static_cast<float>(block.scales[group] >> 4);
    for (int i = 16 * group; i < 16 * group + 16; ++i) {
      dst[i] = step * static_cast<float>(two_bits(block.quants, i)) - offset;
    }
  }
}

void decode(const BlockQ3_K& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  for (int group = 0; group < 16; ++group) {
    const float step = scale * static_cast<float>(q3_k_scale(block.scales, group));
    for (int i = 16 * group; i < 16 * group + 16; ++i) {
      const int high = (block.high_bits[i % 32] >> (i / 32)) & 1;
      dst[i] = step * static_cast<float>((two_bits(block.quants, i) | (high << 2)) - 4);
    }
  }
}

void decode(const BlockQ4_K& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  const float minimum = f16_to_f32(block.minimum);
  for (int group = 0; group < 8; ++group) {
    const KScaleAndMinimum integers = k_scale_and_minimum(block.scales, group);
    const float step = scale * static_cast<float>(integers.scale);
    const float offset = minimum * static_cast<float>(integers.minimum);
    for (int i = 32 * group; i < 32 * group + 32; ++i) {
      dst[i] = step * static_cast<float>(four_bits(block.quants, i, 64)) - offset;
    }
  }
}

void decode(const BlockQ5_K& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  const float minimum = f16_to_f32(block.minimum);
  for (int group = 0; group < 8; ++group) {
    const KScaleAndMinimum integers = k_scale_and_minimum(block.scales, group);
    const float step = scale * static_cast<float>(integers.scale);
    const float offset = minimum * static_cast<float>(integers.minimum);
    for (int i = 32 * group; i < 32 * group + 32; ++i) {
      const int high = (block.high_bits[i % 32] >> group) & 1;
      dst[i] = step * static_cast<float>(four_bits(block.quants, i, 64) | (high << 4)) - offset;
    }
  }
}

void decode(const BlockQ6_K& block, float* dst) {
  const float scale = f16_to_f32(block.scale);
  for (int group = 0; group < 16; ++group) {
    const float step = scale * static_cast<float>(block.scales[group]);
    for (int i = 16 * group; i < 16 * group + 16; ++i) {
      const int low = four_bits(block.low_bits, i, 128);
      dst[i] = step * static_cast<float>((low | (two_bits(block.high_bits, i) << 4)) - 32);
    }
  }
}

template <class Block>
void decode_blocks(const std::byte* src, int64_t elements, float* dst) {
  for (int64_t done = 0; done < elements; done += BlockTraits<Block>::kElements) {
    decode(*reinterpret_cast<const Block*>(src), dst + done);
    src += sizeof(Block);
  }
}

template <class T, class Convert>
void convert_each(const std::byte* src, int64_t elements, float* dst, Convert convert) {
  for (int64_t i = 0; i < elements; ++i) {
    T value;
    std::memcpy(&value, src + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
    dst[i] = convert(value);
  }
}

template <class T>
void cast_each(const std::byte* src, int64_t elements, float* dst) {
  convert_each<T>(src, elements, dst, [](T value) { return static_cast<float>(value); });
}

// Adds the elements from axis `axis` on, in row-major order, to `out`.
void gather(const TensorView& view, size_t axis, const std::byte* at, std::vector<float>& out) {
  const int64_t width = info(view.dtype).block_bytes;
  if (axis == view.shape.size()) {
    dequantise(view.dtype, at, 1, &out.emplace_back());
    return;
  }
  for (int64_t i = 0; i < view.shape[axis]; ++i) {
    gather(view, axis + 1, at + i * view.strides[axis] * width, out);
  }
}

// Elements between the first and the last of a strided view, both included.
int64_t stored_span(const TensorView& view) {
  int64_t span = 1;
  for (size_t i = 0; i < view.shape.size(); ++i) {
    span += (view.shape[i] - 1) * view.strides[i];
  }
  return span;
}

}  // namespace

void dequantise(DType dtype, const std::byte* src, int64_t elements, float* dst) {
  SEXTANT_CHECK(elements >= 0 && elements % info(dtype).block_size == 0,
                "{} elements are no whole number of {} blocks", elements, to_string(dtype));
  switch (dtype) {
    case DType::kF64:
      return cast_each<double>(src, elements, dst);
    case DType::kF32:
      return cast_each<float>(src, elements, dst);
    case DType::kF16:
      return convert_each<uint16_t>(src, elements, dst, f16_to_f32);
    case DType::kBF16:
      return convert_each<uint16_t>(src, elements, dst, bf16_to_f32);
    case DType::kF8E4M3:
      return convert_each<uint8_t>(src, elements, dst, f8_e4m3_to_f32);
    case DType::kF8E5M2:
      return convert_each<uint8_t>(src, elements, dst, f8_e5m2_to_f32);
    case DType::kI64:
      return cast_each<int64_t>(src, elements, dst);
    case DType::kI32:
      return cast_each<int32_t>(src, elements, dst);
    case DType::kI16:
      return cast_each<int16_t>(src, elements, dst);
    case DType::kI8:
      return cast_each<int8_t>(src, elements, dst);
    case DType::kU64:
      return cast_each<uint64_t>(src, elements, dst);
    case DType::kU32:
      return cast_each<uint32_t>(src, elements, dst);
    case DType::kU16:
      return cast_each<uint16_t>(src, elements, dst);
    case DType::kU8:
      return cast_each<uint8_t>(src, elements, dst);
    case DType::kBool:  // any byte but 0 is true: a file may hold what it likes
      return convert_each<uint8_t>(src, elements, dst,
                                   [](uint8_t value) { return value != 0 ? 1.0f : 0.0f; });
    case DType::kQ4_0:
      return decode_blocks<BlockQ4_0>(src, elements, dst);
    case DType::kQ4_1:
      return decode_blocks<BlockQ4_1>(src, elements, dst);
    case DType::kQ5_0:
      return decode_blocks<BlockQ5_0>(src, elements, dst);
    case DType::kQ5_1:
      return decode_blocks<BlockQ5_1>(src, elements, dst);
    case DType::kQ8_0:
      return decode_blocks<BlockQ8_0>(src, elements, dst);
    case DType::kQ2_K:
      return decode_blocks<BlockQ2_K>(src, elements, dst);
    case DType::kQ3_K:
      return decode_blocks<BlockQ3_K>(src, elements, dst);
    case DType::kQ4_K:
      return decode_blocks<BlockQ4_K>(src, elements, dst);
    case DType::kQ5_K:
      return decode_blocks<BlockQ5_K>(src, elements, dst);
    case DType::kQ6_K:
      return decode_blocks<BlockQ6_K>(src, elements, dst);
    case DType::kIQ4_NL:
      return decode_blocks<BlockIQ4_NL>(src, elements, dst);
  }
  SEXTANT_CHECK(false, "element type {} has no decoder", dtype);
}

std::vector<float> to_f32(const TensorView& view) {
  std::vector<float> values;
  if (view.contiguous()) {
    values.resize(static_cast<size_t>(view.elements()));
    dequantise(view.dtype, view.data, view.elements(), values.data());
    return values;
  }
  SEXTANT_CHECK(!is_quantised(view.dtype), "a {} tensor cannot be strided", to_string(view.dtype));
  values.reserve(static_cast<size_t>(view.elements()));
  gather(view, 0, view.data, values);
  return values;
}

Result<std::vector<float>> read_f32(const TensorSource& source, std::string_view name) {
  SEXTANT_TRY(const TensorView view, source.view(name));
  // A stride of zero repeats stored elements: a small file could ask for any amount of memory.
  if (!view.contiguous() && view.elements() > std::max(stored_span(view), kMaxRepeated)) {
    return fail(ErrorCode::kOutOfRange,
                "[io/{}] tensor \"{}\": expected at most {} elements made of {} stored ones, file "
                "has shape {}",
                source.format(), name, kMaxRepeated, stored_span(view), to_string(view.shape));
  }
  return to_f32(view);
}

}  // namespace sextant::io
