#include "sextant/io/safetensors.h"

// A file that is accepted must hold exactly the bytes of its tensors.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  const auto header = sextant::io::parse_safetensors(file, "fuzz.safetensors");
  if (!header) {
    return 0;
  }
  uint64_t end = size;
  for (size_t i = header->tensors.size(); i-- > 0;) {
    const auto& tensor = header->tensors[i];
    SEXTANT_CHECK(tensor.offset + static_cast<uint64_t>(tensor.bytes) == end, "tensor {}", i);
    end = tensor.offset;
  }
  return 0;
}
