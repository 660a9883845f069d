#include "support/checksum.h"

#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace sextant::test_data {
namespace {

uint64_t mix(uint64_t x) {  // the output function of splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

std::vector<std::byte> random_bytes(uint64_t seed, size_t count) {
  std::vector<uint64_t> words((count + 7) / 8);
  for (size_t i = 0; i < words.size(); ++i) {
    words[i] = mix(seed + (i + 1) * 0x9e3779b97f4a7c15);
  }
  std::vector<std::byte> bytes(count);
  std::memcpy(bytes.data(), words.data(), count);
  return bytes;
}

std::string checksum(std::span<const float> values) {
  uint64_t sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t bits = std::isnan(values[i]) ? 0x7fc00000 : std::bit_cast<uint32_t>(values[i]);
    sum += mix(bits + (static_cast<uint64_t>(i) << 32));
  }
  char text[17];
  std::snprintf(text, sizeof(text), "%016" PRIx64, sum);
  return text;
}

}  // namespace sextant::test_data
