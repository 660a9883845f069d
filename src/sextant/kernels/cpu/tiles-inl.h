// The matrix kernels: one tile of 16 rows times one panel of tokens, for every packed format.
#if defined(SEXTANT_KERNELS_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEXTANT_KERNELS_TILES_INL_H_
#undef SEXTANT_KERNELS_TILES_INL_H_
#else
#define SEXTANT_KERNELS_TILES_INL_H_
#endif

#include <algorithm>

#include "sextant/kernels/cpu/dot4-inl.h"
#include "sextant/kernels/cpu/panels.h"
#include "sextant/kernels/cpu/tile_job.h"

HWY_BEFORE_NAMESPACE();
namespace sextant::kernels::HWY_NAMESPACE {

// Tokens in registers at once: 8 sums fill half of 16 registers, the totals of earlier blocks may
// lie in memory. The targets that are there for correctness alone take fewer, to compile faster.
constexpr int kMaxTokens = HWY_TARGET == HWY_SCALAR                ? 1
                           : HWY_ARCH_X86 && HWY_TARGET > HWY_AVX2 ? 4
                                                                   : 8;

struct TilePart {
  const uint8_t* scales;
  const uint8_t* codes;  // of the rows from `lane` on
  int lane;
};

// Weights are asked for so far ahead that main memory has answered in time. The processor's own
// prefetch stops at the ends of pages and lost half of the bandwidth here.
constexpr int64_t kAhead = 8192;

// Asks for the next kBytes from `at` on, into the second-level cache. All lane groups of a tile
// read the same lines: each asks for its share.
template <int64_t kBytes>
HWY_INLINE void prefetch(const uint8_t* at, int lane) {
  constexpr int kGroupsOfLanes = static_cast<int>(kTileRows) / kLanes;
  constexpr int kLines = static_cast<int>((kBytes + 63) / 64);
  for (int i = 0; i < (kLines + kGroupsOfLanes - 1) / kGroupsOfLanes; ++i) {
    __builtin_prefetch(at + kAhead + 64 * (i * kGroupsOfLanes + lane / kLanes), 0, 2);
  }
}

// out[p * 16] of kTokens tokens; x points at the first of them in a panel of kWidth.
template <Codes kCodes, Scales kScales, int kOffset, int kWidth, int kTokens>
HWY_INLINE void int8_part(const TilePart& tile, const uint8_t* x, int64_t cols, float* out) {
  constexpr int kSteps = 8 / kGroups<kScales>;
  constexpr int kShift = kCodes == Codes::k8 && kByteOffset == 0 ? 0
                         : kOffset == 0                          ? 0
                                        : hwy::FloorLog2(static_cast<uint32_t>(kOffset));
  VF total[kTokens];
  unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { total[p] = hn::Zero(DF()); });
  constexpr int64_t kBytes = kTileBlockBytes<kCodes, kScales>;
  const uint8_t* codes = tile.codes;
  for (int64_t b = 0; b < cols / kBlock; ++b) {
    const auto* scale = reinterpret_cast<const float*>(x + kScaleOffset * kWidth);
    const auto* scaled_sum = reinterpret_cast<const float*>(x + kScaledSumOffset * kWidth);
    const auto* minus_sum = reinterpret_cast<const int32_t*>(x + kSumOffset * kWidth);
    const auto* minus_low = reinterpret_cast<const int32_t*>(x + kLowSumOffset * kWidth);
    unroll<kGroups<kScales>>([&](auto group) SEXTANT_LAMBDA {
      constexpr int g = group();
      VI sum[kTokens];
      unroll<kTokens>([&](auto p) SEXTANT_LAMBDA {
        if constexpr (kShift == 0) {
          sum[p] = hn::Zero(DI());
        } else {
          const int32_t n = kGroups<kScales> == 1 ? minus_sum[p]
                            : g == 0              ? minus_low[p]
                                                  : minus_sum[p] - minus_low[p];
          sum[p] = hn::ShiftLeft<kShift>(hn::Set(DI(), n));
        }
      });
      dot_codes<kCodes, g * kSteps, (g + 1) * kSteps, kWidth>(codes, x, sum);
      const ScaleAndMin w = load_scales<kScales>(tile.scales, b, g, tile.lane);
      unroll<kTokens>([&](auto p) SEXTANT_LAMBDA {
        const VF factor = hn::Mul(w.scale, broadcast(scale + p));
        total[p] = hn::MulAdd(hn::ConvertTo(DF(), sum[p]), factor, total[p]);
        if constexpr (kHasMin<kScales> && kGroups<kScales> == 1) {
          total[p] = hn::MulAdd(w.minimum, broadcast(scaled_sum + p), total[p]);
        } else if constexpr (kHasMin<kScales>) {
          const int32_t n = g == 0 ? minus_low[p] : minus_sum[p] - minus_low[p];
          const VF group_sum = hn::Set(DF(), -scale[p] * static_cast<float>(n));
          total[p] = hn::MulAdd(w.minimum, group_sum, total[p]);
        }
      });
    });
    prefetch<kBytes>(tile.scales + b * kBytes, tile.lane);
    codes += code_bytes(kCodes);
    x += kBlockBytes * kWidth;
  }
  unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { hn::StoreU(total[p], DF(), out + p * kTileRows); });
}

// The same with f32 activations x[cols][kWidth]. Sums of 32 products are added up, which keeps
// the error small and the chain of additions short.
template <Codes kCodes, Scales kScales, int kOffset, int kWidth, int kTokens>
HWY_INLINE void f32_part(const TilePart& tile, const float* x, int64_t cols, float* out) {
  constexpr int kSteps = 8 / kGroups<kScales>;
  VF total[kTokens];
  unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { total[p] = hn::Zero(DF()); });
  constexpr int64_t kBytes = kTileBlockBytes<kCodes, kScales>;
  const uint8_t* codes = tile.codes;
  for (int64_t b = 0; b < cols / kBlock; ++b) {
    VF sum[kTokens];
    unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { sum[p] = hn::Zero(DF()); });
    unroll<kGroups<kScales>>([&](auto group) SEXTANT_LAMBDA {
      constexpr int g = group();
      const ScaleAndMin w = load_scales<kScales>(tile.scales, b, g, tile.lane);
      const VF minimum =
          kHasMin<kScales> ? w.minimum : hn::Mul(w.scale, hn::Set(DF(), -float{kOffset}));
      unroll<kSteps>([&](auto step) SEXTANT_LAMBDA {
        constexpr int j = g * kSteps + step();
        const VU four = load_codes<kCodes, j>(codes);
        unroll<4>([&](auto i) SEXTANT_LAMBDA {
          const VU one = hn::And(hn::ShiftRight<8 * i()>(four), hn::Set(DU(), 255));
          const VF code = hn::ConvertTo(DF(), hn::BitCast(DI(), one));
          const VF weight = hn::MulAdd(code, w.scale, minimum);
          unroll<kTokens>([&](auto p) SEXTANT_LAMBDA {
            sum[p] = hn::MulAdd(weight, broadcast(x + (4 * j + i) * kWidth + p), sum[p]);
          });
        });
      });
    });
    unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { total[p] = hn::Add(total[p], sum[p]); });
    prefetch<kBytes>(tile.scales + b * kBytes, tile.lane);
    codes += code_bytes(kCodes);
    x += kBlock * kWidth;
  }
  unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { hn::StoreU(total[p], DF(), out + p * kTileRows); });
}

template <Codes kCodes, int kWidth, int kTokens>
HWY_INLINE void float_part(const TilePart& tile, const float* x, int64_t cols, float* out) {
  VF total[kTokens];
  unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { total[p] = hn::Zero(DF()); });
  const uint8_t* codes = tile.codes;
  for (int64_t b = 0; b < cols; b += kBlock) {
    VF sum[kTokens];
    unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { sum[p] = hn::Zero(DF()); });
    const int64_t end = std::min(kBlock, cols - b);
    for (int64_t k = 0; k < end; ++k) {
      prefetch<code_bytes(kCodes)>(codes, 0);
      const VF weight = load_floats<kCodes>(codes);
      unroll<kTokens>([&](auto p)
                          HWY_ATTR { sum[p] = hn::MulAdd(weight, broadcast(x + p), sum[p]); });
      codes += code_bytes(kCodes);
      x += kWidth;
    }
    unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { total[p] = hn::Add(total[p], sum[p]); });
  }
  unroll<kTokens>([&](auto p) SEXTANT_LAMBDA { hn::StoreU(total[p], DF(), out + p * kTileRows); });
}

// Writes values[kWidth][16] of one tile to where the job wants them, the parts of a token added.
template <int kWidth>
HWY_INLINE void put_tile(const TileJob& job, float* values, int64_t tile, int64_t token) {
  const int64_t row = tile * kTileRows;
  const int64_t rows = std::min(kTileRows, job.rows - row);
  for (int p = 0; p < kWidth; p += job.parts) {
    float* out = job.out + (token + p) / job.parts * job.out_stride + row;
    float* in = values + p * kTileRows;
    if constexpr (kWidth > 1) {  // both parts of a token lie in one panel
      for (int lane = 0; lane < kTileRows && job.parts == 2; lane += kLanes) {
        const VF rest = hn::Load(DF(), in + kTileRows + lane);
        hn::Store(hn::Add(hn::Load(DF(), in + lane), rest), DF(), in + lane);
      }
    }
    if (rows == kTileRows && job.bias == nullptr) {
      for (int lane = 0; lane < kTileRows; lane += kLanes) {
        VF v = hn::Load(DF(), in + lane);
        v = job.accumulate ? hn::Add(hn::LoadU(DF(), out + lane), v) : v;
        hn::StoreU(v, DF(), out + lane);
      }
      continue;
    }
    for (int64_t r = 0; r < rows; ++r) {
      const float value = in[r] + (job.bias != nullptr ? job.bias[row + r] : 0.0f);
      out[r] = job.accumulate ? out[r] + value : value;
    }
  }
}

template <Codes kCodes, Scales kScales, int kOffset, bool kInt8, int kWidth>
HWY_NOINLINE void panel_tiles(const TileJob& job, int64_t token) {
  constexpr int kTokens = HWY_MIN(kWidth, kMaxTokens);
  const uint8_t* x = job.panels + token * job.token_bytes;
  for (int64_t t = 0; t < job.tile_count; ++t) {
    const uint8_t* tile = job.tiles + t * job.tile_bytes;
    alignas(64) float values[kWidth * kTileRows];
    for (int lane = 0; lane < kTileRows; lane += kLanes) {
      const TilePart part{tile, tile + job.codes_offset + lane * kLaneBytes<kCodes>, lane};
      for (int p = 0; p < kWidth; p += kTokens) {
        float* out = values + p * kTileRows + lane;
        const uint8_t* in = x + p * 4;
        if constexpr (kScales == Scales::kNone) {
          float_part<kCodes, kWidth, kTokens>(part, reinterpret_cast<const float*>(in), job.cols,
                                              out);
        } else if constexpr (kInt8) {
          int8_part<kCodes, kScales, kOffset, kWidth, kTokens>(part, in, job.cols, out);
        } else {
          f32_part<kCodes, kScales, kOffset, kWidth, kTokens>(
              part, reinterpret_cast<const float*>(in), job.cols, out);
        }
      }
    }
    put_tile<kWidth>(job, values, t, token);
  }
}

template <Codes kCodes, Scales kScales, int kOffset, bool kInt8>
void all_panels(const TileJob& job) {
  for (int64_t token = 0; token < job.tokens;) {
    const int width = panel_width(job.tokens - token);
    if (width == 8) {
      panel_tiles<kCodes, kScales, kOffset, kInt8, 8>(job, token);
    } else if (width == 4) {
      panel_tiles<kCodes, kScales, kOffset, kInt8, 4>(job, token);
    } else if (width == 2) {
      panel_tiles<kCodes, kScales, kOffset, kInt8, 2>(job, token);
    } else {
      panel_tiles<kCodes, kScales, kOffset, kInt8, 1>(job, token);
    }
    token += width;
  }
}

template <Codes kCodes, Scales kScales, int kOffset>
void run_format(const TileJob& job) {
  if (job.precision == Precision::kF32) {
    all_panels<kCodes, kScales, kOffset, false>(job);
  } else {
    all_panels<kCodes, kScales, kOffset, true>(job);
  }
}

}  // namespace sextant::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
