#include <cstdint>

#include "sextant/io/gzip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto unpacked = sextant::io::gunzip(bytes, "fuzz.gz");
  if (unpacked && !sextant::io::is_gzip(bytes)) {
    __builtin_trap();
  }
  return 0;
}
