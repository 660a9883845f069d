// Element types of tensors: plain numbers and the block formats of GGUF files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sextant/base/error.h"

namespace sextant {

enum class DType : uint8_t {
  kF64,
  kF32,
  kF16,
  kBF16,
  kF8E4M3,
  kF8E5M2,
  kI64,
  kI32,
  kI16,
  kI8,
  kU64,
  kU32,
  kU16,
  kU8,
  kBool,
  // Block formats: `block_size` elements of one row share `block_bytes` bytes.
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kIQ4_NL,
};

struct DTypeInfo {
  std::string_view name;    // "F32", "Q4_1", ... as safetensors and GGUF write them
  int64_t block_size = 1;   // elements
  int64_t block_bytes = 0;  // bytes of one block (of one element for plain types)
};

const DTypeInfo& info(DType dtype);
std::string_view to_string(DType dtype);

// The type of that exact name, or nothing.
std::optional<DType> dtype_from_name(std::string_view name);

// True for the block formats.
bool is_quantised(DType dtype);

}  // namespace sextant
