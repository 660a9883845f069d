#include "sextant/base/philox.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sextant/base/error.h"

namespace sextant {
namespace {

// cuRAND's Box-Muller: two words to two normals, sine first. Uniforms lie in (0, 1].
std::array<float, 2> box_muller(uint32_t first, uint32_t second) {
  constexpr float kScale = 0x1p-32f;
  constexpr float kAngle = kScale * 2 * std::numbers::pi_v<float>;
  const float u = std::fma(static_cast<float>(first), kScale, kScale / 2);
  const float theta = std::fma(static_cast<float>(second), kAngle, kAngle / 2);
  const float radius = std::sqrt(-2 * std::log(u));
  return {radius * std::sin(theta), radius * std::cos(theta)};
}

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xd2511f53} * counter[0];
    const uint64_t b = uint64_t{0xcd9e8d57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9e3779b9;
    key[1] += 0xbb67ae85;
  }
  return counter;
}

uint64_t cuda_normal(std::span<float> out, uint64_t seed, uint64_t offset, const CudaGrid& grid) {
  SEXTANT_CHECK(offset % 4 == 0, "offset {}", offset);  // torch advances by whole draws
  if (out.empty()) {
    return offset;
  }
  constexpr uint64_t kBlock = 256;  // threads
  constexpr uint64_t kDraw = 4;     // numbers that a thread makes at once
  const uint64_t blocks =
      std::min(static_cast<uint64_t>(grid.multiprocessors) *
                   (static_cast<uint64_t>(grid.threads_per_multiprocessor) / kBlock),
               (out.size() + kBlock - 1) / kBlock);
  const uint64_t threads = blocks * kBlock;
  const std::array<uint32_t, 2> key = {static_cast<uint32_t>(seed),
                                       static_cast<uint32_t>(seed >> 32)};
  // Thread t's draw r is counter (offset / 4 + r, t); its numbers lie `threads` apart.
  const uint64_t rounds = (out.size() - 1) / (threads * kDraw) + 1;
  for (uint64_t round = 0; round < rounds; ++round) {
    const uint64_t draw = offset / 4 + round;
    const uint64_t base = round * threads * kDraw;
    for (uint64_t thread = 0; thread < threads && base + thread < out.size(); ++thread) {
      const auto words =
          philox4x32({static_cast<uint32_t>(draw), static_cast<uint32_t>(draw >> 32),
                      static_cast<uint32_t>(thread), static_cast<uint32_t>(thread >> 32)},
                     key);
      const auto [n0, n1] = box_muller(words[0], words[1]);
      const auto [n2, n3] = box_muller(words[2], words[3]);
      const float numbers[kDraw] = {n0, n1, n2, n3};
      for (uint64_t i = 0; i < kDraw; ++i) {
        const uint64_t place = base + thread + i * threads;
        if (place < out.size()) {
          out[place] = numbers[i];
        }
      }
    }
  }
  return offset + rounds * kDraw;
}

}  // namespace sextant
