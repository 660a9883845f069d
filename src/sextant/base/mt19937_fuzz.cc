#include "sextant/base/mt19937.h"

// A state that is accepted must be usable: it draws across a refill.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sextant::Mt19937 generator(0);
  if (generator.set_state({reinterpret_cast<const std::byte*>(data), size})) {
    for (int i = 0; i < 700; ++i) {
      generator.random();
    }
    float normals[20];
    generator.normal(normals);
  }
  return 0;
}
