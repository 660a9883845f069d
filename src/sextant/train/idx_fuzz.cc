#include "sextant/train/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto array = sextant::train::parse_idx(std::as_bytes(std::span(data, size)), "fuzz.idx");
  if (array &&
      sextant::element_count(array->shape).value() != static_cast<int64_t>(array->values.size())) {
    __builtin_trap();
  }
  return 0;
}
