#include "sextant/train/random.h"

#include <cmath>

#include "sextant/base/error.h"
#include "sextant/base/philox.h"

namespace sextant::train {

uint32_t Random::word() {
  const size_t place = draw_ % 4;
  if (place == 0) {
    const uint64_t block = draw_ / 4;
    words_ = philox4x32({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                         static_cast<uint32_t>(stream_), static_cast<uint32_t>(stream_ >> 32)},
                        {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
  }
  ++draw_;
  return words_[place];
}

uint64_t Random::word64() {
  const uint64_t low = word();
  return low | uint64_t{word()} << 32;
}

double Random::uniform() { return static_cast<double>(word64() >> 11) * 0x1p-53; }

int64_t Random::below(int64_t count) {
  SEXTANT_CHECK(count > 0, "below({})", count);
  const auto range = static_cast<uint64_t>(count);
  // Words above the last whole multiple of the range would favour its low numbers.
  const uint64_t unfair = (uint64_t{0} - range) % range;
  uint64_t value;
  do {
    value = word64();
  } while (value < unfair);
  return static_cast<int64_t>(value % range);
}

double Random::beta(double alpha) {
  SEXTANT_CHECK(alpha > 0 && alpha <= 4, "beta({})", alpha);
  while (true) {
    // In logarithms: for small alpha both powers are below the smallest double.
    const double x = std::log(1 - uniform()) / alpha;
    const double y = std::log(1 - uniform()) / alpha;
    if (std::exp(x) + std::exp(y) <= 1) {
      return 1 / (1 + std::exp(y - x));
    }
  }
}

}  // namespace sextant::train
