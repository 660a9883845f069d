// PyTorch's CPU random generator: the same seed gives the same numbers as torch.manual_seed.
//
//   Mt19937 generator(42);
//   std::vector<float> noise(4096);
//   generator.normal(noise);        // torch.randn(4096, generator=...)
//
// Bit-equal to PyTorch 2.13 on x86-64 CPUs with AVX2 (docs/numerics.md): integers and uniforms
// always; f32 normals of 16 or more too, whatever CPU this runs on; f64 normals and those of fewer
// than 16 where the C library's log, sin and cos are the same. Not for cryptography. One generator
// belongs to one thread. f32 normals cost about 40 ns each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sextant/base/error.h"

namespace sextant {

class Mt19937 {
 public:
  explicit Mt19937(uint64_t seed);

  uint32_t random();
  uint64_t random64();

  // Uniform in [0, 1): torch.rand.
  void uniform(std::span<float> out);
  void uniform(std::span<double> out);

  // Mean 0, standard deviation 1: torch.randn. As there, the numbers depend on how many are asked
  // for at once: 16 or more come in blocks.
  void normal(std::span<float> out);
  void normal(std::span<double> out);

  // Integers in [low, high): torch.randint, dtype int64. Throws unless low < high.
  void integers(std::span<int64_t> out, int64_t low, int64_t high);

  // A permutation of 0 .. count-1: torch.randperm. Throws from 2^32 / 20 up.
  std::vector<int64_t> permutation(int64_t count);

  // The bytes of torch.Generator.get_state and set_state. Errors of the second: kDataLoss.
  static constexpr size_t kStateBytes = 5056;
  std::array<std::byte, kStateBytes> state() const;
  Result<void> set_state(std::span<const std::byte> bytes);

 private:
  static constexpr size_t kWords = 624;

  void refill();
  template <class T>
  T uniform_number();
  double scalar_normal();
  template <class T>
  void fill_normal(std::span<T> out);

  uint64_t seed_;
  std::array<uint32_t, kWords> words_;
  uint32_t left_ = 1;  // draws until the words are used up, plus one
  uint32_t next_ = 0;
  std::optional<double> spare_normal_;  // the second of a pair made for fewer than 16 numbers
};

}  // namespace sextant
