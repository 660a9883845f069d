// Codes of GGUF files that the reader and the writer share. Internal to io.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sextant/base/dtype.h"

namespace sextant::io {

inline constexpr std::string_view kGgufMagic = "GGUF";
inline constexpr uint32_t kGgufDefaultAlignment = 32;
inline constexpr uint32_t kGgufMaxRank = 4;

// Types of metadata values, numbered as in the file.
enum class GgufType : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};
inline constexpr uint32_t kGgufTypes = 13;

// "u8", ..., "string", "array".
std::string_view to_string(GgufType type);

// Bytes of a value; of strings and arrays the fewest it can take (length; type and length).
size_t min_bytes(GgufType type);

// Element types of tensors: the number in the file and ours, where there is one.
std::string_view ggml_type_name(uint32_t code);  // "Q4_1"; "" for a number that means nothing
std::optional<DType> ggml_type_to_dtype(uint32_t code);
std::optional<uint32_t> dtype_to_ggml_type(DType dtype);

}  // namespace sextant::io
