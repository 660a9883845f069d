#include "sextant/io/gguf_types.h"

#include <array>

namespace sextant::io {
namespace {

struct ValueType {
  std::string_view name;
  size_t min_bytes;
};

// Indexed by GgufType.
constexpr std::array<ValueType, kGgufTypes> kValueTypes = {{{"u8", 1},
                                                            {"i8", 1},
                                                            {"u16", 2},
                                                            {"i16", 2},
                                                            {"u32", 4},
                                                            {"i32", 4},
                                                            {"f32", 4},
                                                            {"bool", 1},
                                                            {"string", 8},
                                                            {"array", 12},
                                                            {"u64", 8},
                                                            {"i64", 8},
                                                            {"f64", 8}}};

// Indexed by the number in the file; "" was never given out or was taken back. Names equal to one
// of DType's are the types that this library reads.
constexpr std::array<std::string_view, 42> kTensorTypes = {
    "F32",     "F16",   "Q4_0",   "Q4_1",  "",      "",       "Q5_0", "Q5_1",    "Q8_0",
    "Q8_1",    "Q2_K",  "Q3_K",   "Q4_K",  "Q5_K",  "Q6_K",   "Q8_K", "IQ2_XXS", "IQ2_XS",
    "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8",   "I16",     "I32",
    "I64",     "F64",   "IQ1_M",  "BF16",  "",      "",       "",     "TQ1_0",   "TQ2_0",
    "",        "",      "",       "MXFP4", "NVFP4", "Q1_0"};

}  // namespace

std::string_view to_string(GgufType type) { return kValueTypes[static_cast<size_t>(type)].name; }

size_t min_bytes(GgufType type) { return kValueTypes[static_cast<size_t>(type)].min_bytes; }

std::string_view ggml_type_name(uint32_t code) {
  return code < kTensorTypes.size() ? kTensorTypes[code] : "";
}

std::optional<DType> ggml_type_to_dtype(uint32_t code) {
  return dtype_from_name(ggml_type_name(code));
}

std::optional<uint32_t> dtype_to_ggml_type(DType dtype) {
  for (uint32_t code = 0; code < kTensorTypes.size(); ++code) {
    if (kTensorTypes[code] == to_string(dtype)) {
      return code;
    }
  }
  return std::nullopt;
}

}  // namespace sextant::io
