// The checksum of scripts/goldens/make_gguf.py over f32 values, bit by bit, and its random bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sextant::test_data {

// `count` bytes of splitmix64, little-endian.
std::vector<std::byte> random_bytes(uint64_t seed, size_t count);

// 16 hexadecimal digits; depends on each value and its place, every NaN counts as the same.
std::string checksum(std::span<const float> values);

}  // namespace sextant::test_data
