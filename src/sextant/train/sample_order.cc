#include "sextant/train/sample_order.h"

#include "sextant/base/error.h"
#include "sextant/base/philox.h"

namespace sextant::train {
namespace {

// Four give a pseudo-random permutation of large sets (Luby and Rackoff); small ones need more.
constexpr uint32_t kRounds = 8;
// With halves of two bits, five samples come in some orders twice as often as in others, after any
// number of rounds. From three bits on the tests see none of that.
constexpr int kLeastHalfBits = 3;
// The seed of a sample must not be the value of a round.
constexpr uint32_t kSampleSeed = 0x80000000;

}  // namespace

SampleOrder::SampleOrder(int64_t size, uint64_t seed, bool shuffle)
    : size_(size), seed_(seed), shuffle_(shuffle), half_bits_(kLeastHalfBits) {
  SEXTANT_CHECK(size >= 0, "{} samples", size);
  while (half_bits_ < 31 && (uint64_t{1} << 2 * half_bits_) < static_cast<uint64_t>(size)) {
    ++half_bits_;
  }
  SEXTANT_CHECK(static_cast<uint64_t>(size) <= uint64_t{1} << 2 * half_bits_, "{} samples", size);
}

int64_t SampleOrder::index(int64_t epoch, int64_t position) const {
  SEXTANT_CHECK(epoch >= 0 && position >= 0 && position < size_, "epoch {}, position {} of {}",
                epoch, position, size_);
  if (!shuffle_) {
    return position;
  }
  auto value = static_cast<uint64_t>(position);
  do {  // ends: a permutation comes back to where it began, at the latest
    value = encipher(value, static_cast<uint64_t>(epoch));
  } while (value >= static_cast<uint64_t>(size_));
  return static_cast<int64_t>(value);
}

uint64_t SampleOrder::sample_seed(int64_t epoch, int64_t index) const {
  const auto words =
      philox4x32({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32) | kSampleSeed,
                  static_cast<uint32_t>(epoch), static_cast<uint32_t>(epoch >> 32)},
                 {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
  return words[0] | uint64_t{words[1]} << 32;
}

uint64_t SampleOrder::encipher(uint64_t value, uint64_t epoch) const {
  const uint32_t mask = (uint32_t{1} << half_bits_) - 1;
  uint32_t left = static_cast<uint32_t>(value >> half_bits_) & mask;
  uint32_t right = static_cast<uint32_t>(value) & mask;
  for (uint32_t round = 0; round < kRounds; ++round) {
    const auto words =
        philox4x32({right, round, static_cast<uint32_t>(epoch), static_cast<uint32_t>(epoch >> 32)},
                   {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
    const uint32_t next = left ^ (words[0] & mask);
    left = right;
    right = next;
  }
  return uint64_t{left} << half_bits_ | right;
}

}  // namespace sextant::train
