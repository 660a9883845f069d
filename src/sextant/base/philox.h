// Philox4x32-10, a counter-based random generator, and the numbers that torch.randn makes of it on
// a CUDA device.
//
// Any number can be computed on its own, from any thread; nothing is kept. Not for cryptography.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace sextant {

// Four random words of a 128-bit counter and a 64-bit key (Salmon et al., SC11).
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// What decides which thread of a CUDA device makes which number.
struct CudaGrid {
  int multiprocessors = 132;              // H100 SXM
  int threads_per_multiprocessor = 2048;  // resident at most; 1536 on consumer cards
};

// Fills `out` with torch.randn(out.size(), device="cuda") of a generator with this seed and offset
// (0 after manual_seed), and returns the offset after it. Up to one number a resident thread every
// device gives the same. Words are exact; the normals differ from a device's by its own
// log, sin and cos: see docs/numerics.md.
uint64_t cuda_normal(std::span<float> out, uint64_t seed, uint64_t offset = 0,
                     const CudaGrid& grid = {});

}  // namespace sextant
