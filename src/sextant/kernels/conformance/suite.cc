#include "sextant/kernels/conformance/suite.h"

#include <cstring>

#include "sextant/base/half.h"
#include "sextant/io/block_formats.h"
#include "sextant/io/dequantise.h"

namespace sextant::kernels::conformance {
namespace {

template <class Block>
void set_scale(std::byte* at, uint16_t scale) {
  Block block;
  std::memcpy(&block, at, sizeof(block));
  block.scale = scale;
  std::memcpy(at, &block, sizeof(block));
}

template <class Block>
void set_scale_and_min(std::byte* at, uint16_t scale, uint16_t minimum) {
  Block block;
  std::memcpy(&block, at, sizeof(block));
  block.scale = scale;
  block.minimum = minimum;
  std::memcpy(at, &block, sizeof(block));
}

// Scales that leave weights of about 0.1, whatever the size of the codes.
void set_block_scales(DType dtype, std::byte* at, float a, float b) {
  const auto half = [](float v) { return f32_to_f16(v); };
  switch (dtype) {
    case DType::kQ4_0:
      return set_scale<io::BlockQ4_0>(at, half(a / 8));
    case DType::kQ4_1:
      return set_scale_and_min<io::BlockQ4_1>(at, half(a / 8), half(b));
    case DType::kQ5_0:
      return set_scale<io::BlockQ5_0>(at, half(a / 16));
    case DType::kQ5_1:
      return set_scale_and_min<io::BlockQ5_1>(at, half(a / 16), half(b));
    case DType::kQ8_0:
      return set_scale<io::BlockQ8_0>(at, half(a / 128));
    case DType::kIQ4_NL:
      return set_scale<io::BlockIQ4_NL>(at, half(a / 128));
    case DType::kQ2_K:
      return set_scale_and_min<io::BlockQ2_K>(at, half(a / 45), half(b / 15));
    case DType::kQ3_K:
      return set_scale<io::BlockQ3_K>(at, half(a / 128));
    case DType::kQ4_K:
      return set_scale_and_min<io::BlockQ4_K>(at, half(a / 900), half(b / 63));
    case DType::kQ5_K:
      return set_scale_and_min<io::BlockQ5_K>(at, half(a / 1800), half(b / 63));
    default:
      return set_scale<io::BlockQ6_K>(at, half(a / 4096));
  }
}

}  // namespace

std::vector<float> random_floats(int64_t count, uint32_t seed, float deviation) {
  // Sums of uniforms: std::normal_distribution differs between standard libraries.
  std::mt19937 generator(seed);
  std::vector<float> out(static_cast<size_t>(count));
  for (float& v : out) {
    float sum = 0;
    for (int i = 0; i < 4; ++i) {
      sum += static_cast<float>(generator() >> 8) * 0x1p-24f - 0.5f;
    }
    v = sum * 1.7320508f * deviation;
  }
  return out;
}

RandomWeights random_weights(DType dtype, int64_t rows, int64_t cols, uint32_t seed) {
  RandomWeights out{.dtype = dtype, .rows = rows, .cols = cols, .bytes = {}, .values = {}};
  const int64_t blocks = rows * cols / info(dtype).block_size;
  const int64_t block_bytes = info(dtype).block_bytes;
  out.bytes.resize(static_cast<size_t>(blocks * block_bytes));
  std::mt19937 generator(seed);
  if (is_quantised(dtype)) {
    for (std::byte& byte : out.bytes) {
      byte = static_cast<std::byte>(generator() >> 24);
    }
    const std::vector<float> scales = random_floats(blocks * 2, seed + 1, 0.1f);
    for (int64_t b = 0; b < blocks; ++b) {
      const float minimum = scales[static_cast<size_t>(b * 2 + 1)] / 0.35f * kLargestMin;
      set_block_scales(dtype, out.bytes.data() + b * block_bytes,
                       scales[static_cast<size_t>(b * 2)], minimum);
    }
  } else {
    const std::vector<float> values = random_floats(blocks, seed, 0.1f);
    for (int64_t i = 0; i < blocks; ++i) {
      const float v = values[static_cast<size_t>(i)];
      const uint16_t half = dtype == DType::kF16 ? f32_to_f16(v) : f32_to_bf16(v);
      std::memcpy(out.bytes.data() + i * block_bytes,
                  dtype == DType::kF32 ? static_cast<const void*>(&v) : &half,
                  static_cast<size_t>(block_bytes));
    }
  }
  out.values.resize(static_cast<size_t>(rows * cols));
  io::dequantise(dtype, out.bytes.data(), rows * cols, out.values.data());
  return out;
}

const std::vector<DType>& weight_types() {
  static const std::vector<DType> types = {DType::kF32,  DType::kF16,   DType::kBF16, DType::kQ4_0,
                                           DType::kQ4_1, DType::kQ5_0,  DType::kQ5_1, DType::kQ8_0,
                                           DType::kQ2_K, DType::kQ3_K,  DType::kQ4_K, DType::kQ5_K,
                                           DType::kQ6_K, DType::kIQ4_NL};
  return types;
}

}  // namespace sextant::kernels::conformance
