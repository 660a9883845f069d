#include "sextant/text/hash.h"

#include <random>

namespace sextant::text {

uint64_t process_key() {
  static const uint64_t key = [] {
    std::random_device device;
    return (static_cast<uint64_t>(device()) << 32) | device();
  }();
  return key;
}

}  // namespace sextant::text
