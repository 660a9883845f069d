#include "sextant/base/dtype.h"

#include <array>

namespace sextant {
namespace {

// Indexed by DType. Block sizes: ggml's quantised types, 32 or 256 weights with their scales.
constexpr std::array<DTypeInfo, 26> kInfo = {{
    {"F64", 1, 8},      {"F32", 1, 4},      {"F16", 1, 2},      {"BF16", 1, 2},
    {"F8_E4M3", 1, 1},  {"F8_E5M2", 1, 1},  {"I64", 1, 8},      {"I32", 1, 4},
    {"I16", 1, 2},      {"I8", 1, 1},       {"U64", 1, 8},      {"U32", 1, 4},
    {"U16", 1, 2},      {"U8", 1, 1},       {"BOOL", 1, 1},     {"Q4_0", 32, 18},
    {"Q4_1", 32, 20},   {"Q5_0", 32, 22},   {"Q5_1", 32, 24},   {"Q8_0", 32, 34},
    {"Q2_K", 256, 84},  {"Q3_K", 256, 110}, {"Q4_K", 256, 144}, {"Q5_K", 256, 176},
    {"Q6_K", 256, 210}, {"IQ4_NL", 32, 18},
}};
static_assert(static_cast<size_t>(DType::kIQ4_NL) + 1 == kInfo.size());

}  // namespace

const DTypeInfo& info(DType dtype) { return kInfo[static_cast<size_t>(dtype)]; }

std::string_view to_string(DType dtype) { return info(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (size_t i = 0; i < kInfo.size(); ++i) {
    if (kInfo[i].name == name) {
      return static_cast<DType>(i);
    }
  }
  return std::nullopt;
}

bool is_quantised(DType dtype) { return info(dtype).block_size > 1; }

}  // namespace sextant
