#include "sextant/kernels/packed_format.h"

namespace sextant::kernels {
namespace {

int64_t pad64(int64_t bytes) { return (bytes + 63) / 64 * 64; }

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

Result<PackedFormat> packed_format(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return PackedFormat{Codes::kF32, Scales::kNone, 0};
    case DType::kF16:
      return PackedFormat{Codes::kF16, Scales::kNone, 0};
    case DType::kBF16:
      return PackedFormat{Codes::kBF16, Scales::kNone, 0};
    case DType::kQ4_0:
      return PackedFormat{Codes::k4, Scales::kPlain, 8};
    case DType::kQ4_1:
      return PackedFormat{Codes::k4, Scales::kPlainMin, 0};
    case DType::kQ5_0:
      return PackedFormat{Codes::k5, Scales::kPlain, 16};
    case DType::kQ5_1:
      return PackedFormat{Codes::k5, Scales::kPlainMin, 0};
    case DType::kQ8_0:
    case DType::kIQ4_NL:
      return PackedFormat{Codes::k8, Scales::kPlain, 128};
    case DType::kQ2_K:
      return PackedFormat{Codes::k4, Scales::kSuperMin16, 0};
    case DType::kQ3_K:
      return PackedFormat{Codes::k4, Scales::kSuper16, 4};
    case DType::kQ4_K:
      return PackedFormat{Codes::k4, Scales::kSuperMin32, 0};
    case DType::kQ5_K:
      return PackedFormat{Codes::k5, Scales::kSuperMin32, 0};
    case DType::kQ6_K:
      return PackedFormat{Codes::k6, Scales::kSuper16, 32};
    default:
      return fail(ErrorCode::kUnsupported,
                  "[kernels/weights] expected a float or block-quantised weight, found {}",
                  to_string(dtype));
  }
}

int64_t codes_offset(const PackedFormat& format, int64_t cols) {
  return pad64(ceil_div(cols, scale_columns(format.scales)) * scale_bytes(format.scales));
}

int64_t tile_bytes(const PackedFormat& format, int64_t cols) {
  const int64_t units = format.is_float() ? cols : ceil_div(cols, kBlock);
  return codes_offset(format, cols) + pad64(units * code_bytes(format.codes));
}

}  // namespace sextant::kernels
