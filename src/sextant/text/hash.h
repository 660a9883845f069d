// Hashes for the tables of this folder, keyed with a random number of the process, so that no file
// can be built to collide. Never let a hash reach a result: it differs from run to run.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sextant::text {

// The key of this process. Tables keep it in a member.
uint64_t process_key();

inline uint64_t hash_word(uint64_t word, uint64_t key) {
  // The two halves of a 128-bit product, folded: every bit of the word reaches every bit.
  const unsigned __int128 product =
      static_cast<unsigned __int128>(word ^ key) * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// The first `count` (0 to 8) bytes as a little-endian word, zeros above, without reading further.
inline uint64_t load_word(const char* bytes, size_t count) {
  if (count >= 4) {  // two overlapping loads
    uint32_t low, high;
    std::memcpy(&low, bytes, 4);
    std::memcpy(&high, bytes + count - 4, 4);
    return low | static_cast<uint64_t>(high) << (8 * (count - 4));
  }
  uint64_t word = 0;
  for (size_t i = 0; i < count; ++i) {
    word |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  return word;
}

inline uint64_t hash_bytes(std::string_view bytes, uint64_t key) {
  uint64_t hash = bytes.size();
  const char* next = bytes.data();
  size_t left = bytes.size();
  for (; left > 8; left -= 8, next += 8) {
    hash = hash_word(hash ^ load_word(next, 8), key);
  }
  return hash_word(hash ^ load_word(next, left), key);
}

}  // namespace sextant::text
