#include "sextant/lm/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sextant::lm {
namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;

double yarn_mscale(double factor, double mscale) {
  return factor <= 1.0 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

// YaRN (arXiv 2309.00071): fast dimensions keep their frequency, slow ones are interpolated, with a
// ramp between the dimensions that turn beta_fast and beta_slow times in the original context.
float apply_yarn(const RopeConfig& rope, int64_t head_dim, double original,
                 std::vector<double>& inverse) {
  const double dims = static_cast<double>(head_dim);
  const auto correction_dim = [&](double rotations) {
    return dims * std::log(original / (rotations * kTwoPi)) / (2.0 * std::log(rope.theta));
  };
  double low = correction_dim(rope.beta_fast);
  double high = correction_dim(rope.beta_slow);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, dims - 1.0);
  if (low == high) {
    high += 0.001;  // as the reference, against a division by zero
  }
  for (size_t i = 0; i < inverse.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    inverse[i] = inverse[i] / rope.factor * ramp + inverse[i] * (1.0 - ramp);
  }
  if (rope.attention_factor) {
    return static_cast<float>(*rope.attention_factor);
  }
  if (rope.mscale != 0 && rope.mscale_all_dim != 0) {
    return static_cast<float>(yarn_mscale(rope.factor, rope.mscale) /
                              yarn_mscale(rope.factor, rope.mscale_all_dim));
  }
  return static_cast<float>(yarn_mscale(rope.factor, 1.0));
}

// Llama 3.1: long wavelengths are stretched by the factor, short ones kept, a ramp between.
void apply_llama3(const RopeConfig& rope, double original, std::vector<double>& inverse) {
  const double low_wavelength = original / rope.low_freq_factor;
  const double high_wavelength = original / rope.high_freq_factor;
  for (double& f : inverse) {
    const double wavelength = kTwoPi / f;
    if (wavelength > low_wavelength) {
      f /= rope.factor;
    } else if (wavelength >= high_wavelength) {
      const double smooth = (original / wavelength - rope.low_freq_factor) /
                            (rope.high_freq_factor - rope.low_freq_factor);
      f = (1.0 - smooth) * f / rope.factor + smooth * f;
    }
  }
}

}  // namespace

RopeFrequencies rope_frequencies(const RopeConfig& rope, int64_t head_dim, int64_t max_positions,
                                 int64_t length) {
  double theta = rope.theta;
  const double dims = static_cast<double>(head_dim);
  const double positions = static_cast<double>(max_positions);
  if (rope.type == RopeType::kDynamic) {  // NTK-aware base that grows with the text
    const double used = std::max(static_cast<double>(length), positions);
    theta *= std::pow(rope.factor * used / positions - (rope.factor - 1.0), dims / (dims - 2.0));
  }
  std::vector<double> inverse(static_cast<size_t>(head_dim / 2));
  for (size_t i = 0; i < inverse.size(); ++i) {
    inverse[i] = std::pow(theta, -2.0 * static_cast<double>(i) / dims);
    if (i < rope.freq_divisors.size()) {
      inverse[i] /= rope.freq_divisors[i];
    }
  }
  const double original = rope.original_max_positions > 0 ? rope.original_max_positions : positions;
  RopeFrequencies out;
  if (rope.type == RopeType::kLinear) {
    for (double& f : inverse) {
      f /= rope.factor;
    }
  } else if (rope.type == RopeType::kYarn) {
    out.scale = apply_yarn(rope, head_dim, original, inverse);
  } else if (rope.type == RopeType::kLlama3) {
    apply_llama3(rope, original, inverse);
  }
  out.inverse.assign(inverse.begin(), inverse.end());
  return out;
}

RopeTable rope_table(const RopeFrequencies& frequencies, int64_t first, int64_t count) {
  const size_t half = frequencies.inverse.size();
  RopeTable table;
  table.cos.resize(static_cast<size_t>(count) * half);
  table.sin.resize(static_cast<size_t>(count) * half);
  for (int64_t p = 0; p < count; ++p) {
    for (size_t i = 0; i < half; ++i) {
      // The product is rounded to f32 before cos, as the reference does; at position 8000 the
      // rounding moves the angle by 2e-4, more than any other step here.
      const float angle = frequencies.inverse[i] * static_cast<float>(first + p);
      const size_t at = static_cast<size_t>(p) * half + i;
      table.cos[at] = std::cos(angle) * frequencies.scale;
      table.sin[at] = std::sin(angle) * frequencies.scale;
    }
  }
  return table;
}

}  // namespace sextant::lm
