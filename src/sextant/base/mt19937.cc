#include "sextant/base/mt19937.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <numeric>
#include <type_traits>

#include "sextant/base/checked.h"

namespace sextant {
namespace {

// The f32 normals of PyTorch's AVX2 build: polynomials of the Cephes library, evaluated with fused
// multiply-adds where its compiler fused them. Each step rounds as there, so nothing here may be
// reordered; the file is compiled without contraction.

float log_cephes(float x) {  // x in [2^-24, 1]
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  float exponent = static_cast<float>(static_cast<int32_t>(bits >> 23) - 126);
  x = std::bit_cast<float>((bits & 0x007fffff) | 0x3f000000);  // in [0.5, 1)
  if (x < std::numbers::sqrt2_v<float> / 2) {
    exponent -= 1;
    x = (x - 1) + x;
  } else {
    x -= 1;
  }
  constexpr float kTerms[] = {-1.1514610310E-1f, 1.1676998740E-1f,  -1.2420140846E-1f,
                              1.4249322787E-1f,  -1.6668057665E-1f, 2.0000714765E-1f,
                              -2.4999993993E-1f, 3.3333331174E-1f};
  float y = 7.0376836292E-2f;
  for (float term : kTerms) {
    y = std::fma(y, x, term);
  }
  const float square = x * x;
  y = std::fma(y * x, square, exponent * -2.12194440e-4f);
  y = std::fma(-square, 0.5f, y);
  return std::fma(exponent, 0.693359375f, x + y);  // ln 2 in two parts
}

struct SinCos {
  float sin;
  float cos;
};

SinCos sincos_cephes(float x) {  // x in [0, 2 pi)
  const int octant = (static_cast<int>(x * 1.27323954473516f) + 1) & ~1;
  const auto turns = static_cast<float>(octant);
  // x - turns * pi / 4, with pi / 4 in three parts
  x = std::fma(turns, -0.78515625f, x);
  x = std::fma(turns, -2.4187564849853515625e-4f, x);
  x = std::fma(turns, -3.77489497744594108e-8f, x);
  const float square = x * x;
  float c = std::fma(2.443315711809948E-005f, square, -1.388731625493765E-003f);
  c = std::fma(c, square, 4.166664568298827E-002f);
  c = std::fma(c * square, square, -(square * 0.5f)) + 1;
  float s = std::fma(-1.9515295891E-4f, square, 8.3321608736E-3f);
  s = std::fma(s, square, -1.6666654611E-1f);
  s = std::fma(s * square, x, x);
  if ((octant & 2) != 0) {
    std::swap(s, c);
  }
  return {(octant & 4) != 0 ? -s : s, ((octant - 2) & 4) == 0 ? -c : c};
}

// 16 uniforms to 16 normals: numbers j and j + 8 are a pair.
void box_muller_16(float* data) {
  for (int j = 0; j < 8; ++j) {
    const float radius = std::sqrt(-2 * log_cephes(1 - data[j]));
    const SinCos angle = sincos_cephes(2 * std::numbers::pi_v<float> * data[j + 8]);
    data[j] = radius * angle.cos + 0.0f;  // a negative zero becomes a positive one
    data[j + 8] = radius * angle.sin + 0.0f;
  }
}

void box_muller_16(double* data) {
  for (int j = 0; j < 8; ++j) {
    const double radius = std::sqrt(-2 * std::log(1 - data[j]));
    const double theta = 2 * std::numbers::pi * data[j + 8];
    data[j] = radius * std::cos(theta) + 0.0;
    data[j + 8] = radius * std::sin(theta) + 0.0;
  }
}

// torch's legacy layout: words widened to 64 bits, several fields unused.
struct StateBytes {
  uint64_t seed;
  int32_t left;
  int32_t seeded;
  uint64_t next;
  uint64_t words[624];
  double normal_x;
  double normal_y;  // the spare normal
  double normal_rho;
  int32_t normal_is_valid;
  int32_t padding;
  float float_normal;
  uint8_t float_normal_is_valid;
  uint8_t padding2[3];
};
static_assert(sizeof(StateBytes) == Mt19937::kStateBytes);

}  // namespace

Mt19937::Mt19937(uint64_t seed) : seed_(seed) {
  words_[0] = static_cast<uint32_t>(seed);
  for (uint32_t i = 1; i < kWords; ++i) {
    words_[i] = 1812433253u * (words_[i - 1] ^ (words_[i - 1] >> 30)) + i;
  }
}

void Mt19937::refill() {
  constexpr size_t kShift = 397;
  for (size_t i = 0; i < kWords; ++i) {
    const uint32_t mixed = (words_[i] & 0x80000000u) | (words_[(i + 1) % kWords] & 0x7fffffffu);
    words_[i] = words_[(i + kShift) % kWords] ^ (mixed >> 1) ^ ((mixed & 1) != 0 ? 0x9908b0dfu : 0);
  }
  left_ = kWords;
  next_ = 0;
}

uint32_t Mt19937::random() {
  if (--left_ == 0) {
    refill();
  }
  uint32_t y = words_[next_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint64_t Mt19937::random64() {
  const uint64_t high = random();
  return (high << 32) | random();
}

template <class T>
T Mt19937::uniform_number() {
  if constexpr (std::is_same_v<T, double>) {
    return static_cast<double>(random64() & ((uint64_t{1} << 53) - 1)) * 0x1p-53;
  } else {
    return static_cast<float>(random() & ((1u << 24) - 1)) * 0x1p-24f;
  }
}

void Mt19937::uniform(std::span<float> out) {
  for (float& value : out) {
    value = uniform_number<float>();
  }
}

void Mt19937::uniform(std::span<double> out) {
  for (double& value : out) {
    value = uniform_number<double>();
  }
}

double Mt19937::scalar_normal() {
  if (spare_normal_) {
    return *std::exchange(spare_normal_, std::nullopt);
  }
  const double u1 = uniform_number<double>();
  const double u2 = uniform_number<double>();
  const double radius = std::sqrt(-2 * std::log1p(-u2));
  const double theta = 2 * std::numbers::pi * u1;
  spare_normal_ = radius * std::sin(theta);
  return radius * std::cos(theta);
}

template <class T>
void Mt19937::fill_normal(std::span<T> out) {
  constexpr size_t kBlock = 16;
  if (out.size() < kBlock) {
    for (T& value : out) {
      value = static_cast<T>(scalar_normal());
    }
    return;
  }
  uniform(out);
  for (size_t i = 0; i + kBlock <= out.size(); i += kBlock) {
    box_muller_16(out.data() + i);
  }
  if (out.size() % kBlock != 0) {  // the last 16 are drawn anew
    const std::span<T> tail = out.last(kBlock);
    uniform(tail);
    box_muller_16(tail.data());
  }
}

void Mt19937::normal(std::span<float> out) { fill_normal(out); }
void Mt19937::normal(std::span<double> out) { fill_normal(out); }

void Mt19937::integers(std::span<int64_t> out, int64_t low, int64_t high) {
  SEXTANT_CHECK(low < high, "low {}, high {}", low, high);
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  const bool wide = range >= uint64_t{1} << 28;  // less skew of the remainder
  for (int64_t& value : out) {
    const uint64_t draw = wide ? random64() : random();
    value = static_cast<int64_t>(draw % range + static_cast<uint64_t>(low));
  }
}

std::vector<int64_t> Mt19937::permutation(int64_t count) {
  SEXTANT_CHECK(count >= 0 && count < std::numeric_limits<uint32_t>::max() / 20, "count {}", count);
  std::vector<int64_t> out(static_cast<size_t>(count));
  std::iota(out.begin(), out.end(), 0);
  for (size_t i = 0; i + 1 < out.size(); ++i) {
    std::swap(out[i], out[i + random() % (out.size() - i)]);
  }
  return out;
}

std::array<std::byte, Mt19937::kStateBytes> Mt19937::state() const {
  StateBytes raw{};
  raw.seed = seed_;
  raw.left = static_cast<int32_t>(left_);
  raw.seeded = 1;
  raw.next = next_;
  std::copy(words_.begin(), words_.end(), raw.words);
  raw.normal_y = spare_normal_.value_or(0);
  raw.normal_is_valid = spare_normal_ ? 1 : 0;
  return std::bit_cast<std::array<std::byte, kStateBytes>>(raw);
}

Result<void> Mt19937::set_state(std::span<const std::byte> bytes) {
  if (bytes.size() != kStateBytes) {
    return fail(ErrorCode::kDataLoss, "[base/mt19937] state: expected {} bytes, found {}",
                kStateBytes, bytes.size());
  }
  StateBytes raw;
  std::memcpy(&raw, bytes.data(), sizeof(raw));
  // Fresh from a seed: left 1, next 0. After a refill: left + next is 624 before the draw's end.
  const bool fresh = raw.left == 1 && raw.next == 0;
  const bool running = raw.left >= 1 && raw.left <= static_cast<int32_t>(kWords) &&
                       raw.next == kWords + 1 - static_cast<uint64_t>(raw.left);
  if (raw.seeded != 1 || !(fresh || running)) {
    return fail(ErrorCode::kDataLoss,
                "[base/mt19937] state: expected a seeded generator, found seeded {}, left {}, "
                "next {}",
                raw.seeded, raw.left, raw.next);
  }
  for (uint64_t word : raw.words) {
    if (word > std::numeric_limits<uint32_t>::max()) {
      return fail(ErrorCode::kDataLoss, "[base/mt19937] state: expected words of 32 bits, found {}",
                  word);
    }
  }
  seed_ = raw.seed;
  left_ = static_cast<uint32_t>(raw.left);
  next_ = static_cast<uint32_t>(raw.next);
  std::transform(std::begin(raw.words), std::end(raw.words), words_.begin(),
                 [](uint64_t word) { return static_cast<uint32_t>(word); });
  spare_normal_ = raw.normal_is_valid != 0 ? std::optional(raw.normal_y) : std::nullopt;
  return {};
}

}  // namespace sextant
