#include "sextant/io/dequantise.h"
#include "sextant/io/gguf.h"

// Opens the bytes as a file and reads all that it says it has.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto file = sextant::io::parse_gguf(bytes, "fuzz.gguf");
  if (!file) {
    return 0;
  }
  for (const auto& [key, text] : (*file)->metadata()) {
    static_cast<void>((*file)->get_bool(key));
    static_cast<void>((*file)->get_u32(key));
    static_cast<void>((*file)->get_i64(key));
    static_cast<void>((*file)->get_f32(key));
    static_cast<void>((*file)->get_string(key));
    static_cast<void>((*file)->get_string_array(key));
    static_cast<void>((*file)->get_i32_array(key));
    static_cast<void>((*file)->get_u8_array(key));
    static_cast<void>((*file)->get_f32_array(key));
  }
  for (const auto& tensor : (*file)->tensors()) {
    static_cast<void>(sextant::io::read_f32(**file, tensor.name));
  }
  return 0;
}
