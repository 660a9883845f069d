#include "sextant/kernels/matmul.h"

#include <algorithm>

#include "sextant/kernels/cpu/panels.h"
#include "sextant/kernels/cpu/tile_job.h"

namespace sextant::kernels {
namespace {

// Bytes of one row of a panel.
int64_t token_bytes(Precision precision, int64_t cols) {
  return precision == Precision::kF32 ? cols * 4 : cols / kBlock * kBlockBytes;
}

// Rows of the panels that one token takes.
int64_t parts(Precision precision) { return precision == Precision::kInt16 ? 2 : 1; }

void pack_panel_f32(const float* x, int64_t cols, int width, uint8_t* out) {
  auto* to = reinterpret_cast<float*>(out);
  for (int w = 0; w < width; ++w) {
    for (int64_t k = 0; k < cols; ++k) {
      to[k * width + w] = x[w * cols + k];
    }
  }
}

void run_job(const TileJob& job) {
  switch (job.format.codes) {
    case Codes::k4:
      return run_tiles_k4(job);
    case Codes::k5:
      return run_tiles_k5(job);
    case Codes::k6:
      return run_tiles_k6(job);
    case Codes::k8:
      return run_tiles_k8(job);
    default:
      return run_tiles_float(job);
  }
}

// Tiles [begin, end) of one product.
TileJob make_job(const Activations& x, const Product& product, int64_t begin, int64_t end) {
  const WeightMatrix& w = *product.weights;
  const int64_t row = begin * kTileRows;
  return {.format = w.format(),
          .precision = x.precision(),
          .tiles = reinterpret_cast<const uint8_t*>(w.tile(begin)),
          .tile_count = end - begin,
          .tile_bytes = tile_bytes(w.format(), w.cols()),
          .codes_offset = codes_offset(w.format(), w.cols()),
          .cols = w.cols(),
          .panels = reinterpret_cast<const uint8_t*>(x.panels()),
          .token_bytes = token_bytes(x.precision(), x.cols()),
          .tokens = x.tokens() * parts(x.precision()),
          .parts = static_cast<int>(parts(x.precision())),
          .out = product.out + row,
          .out_stride = product.out_stride != 0 ? product.out_stride : w.rows(),
          .rows = w.rows() - row,
          .bias = product.bias != nullptr ? product.bias + row : nullptr,
          .accumulate = product.accumulate};
}

void check(const Activations& x, const Product& product) {
  const WeightMatrix& w = *product.weights;
  SEXTANT_CHECK(w.cols() == x.cols(), "weights [{},{}] with activations of {} columns", w.rows(),
                w.cols(), x.cols());
  SEXTANT_CHECK(x.precision() == precision_for(w, x.precision()),
                "{} weights with int8 activations", to_string(w.dtype()));
}

}  // namespace

Precision precision_for(const WeightMatrix& weights, Precision wanted) {
  return weights.format().is_float() ? Precision::kF32 : wanted;
}

void Activations::assign(std::span<const float> x, int64_t tokens, int64_t cols,
                         Precision precision, ThreadPool& pool) {
  SEXTANT_CHECK(x.size() == static_cast<size_t>(tokens * cols), "{} values for [{},{}]", x.size(),
                tokens, cols);
  SEXTANT_CHECK(precision == Precision::kF32 || cols % kBlock == 0,
                "int8 activations of {} columns", cols);
  tokens_ = tokens;
  cols_ = cols;
  precision_ = precision;
  const int64_t each = token_bytes(precision, cols);
  const int64_t rows = tokens * parts(precision);
  buffer_.resize(static_cast<size_t>(rows * each));
  // A piece is one panel of 8 or the whole rest.
  pool.for_each_chunk((rows + kPanel - 1) / kPanel, 1, [&](int64_t begin, int64_t end, int) {
    int64_t row = begin * kPanel;
    while (row < std::min(end * kPanel, rows)) {
      const int width = panel_width(rows - row);
      auto* out = reinterpret_cast<uint8_t*>(buffer_.data()) + row * each;
      const float* in = x.data() + row / parts(precision) * cols;
      if (precision == Precision::kF32) {
        pack_panel_f32(in, cols, width, out);
      } else {
        pack_panel_int8(in, cols, width, precision == Precision::kInt16, out);
      }
      row += width;
    }
  });
}

void matmul(const Activations& x, std::span<const Product> products, ThreadPool& pool) {
  int64_t tiles = 0;
  for (const Product& product : products) {
    check(x, product);
    tiles += product.weights->tiles();
  }
  // Enough pieces for an even share, not so many that a panel is read for one tile only.
  const int64_t chunk = std::clamp<int64_t>(tiles / (pool.threads() * 8), 1, 8);
  pool.for_each_chunk(tiles, chunk, [&](int64_t begin, int64_t end, int) {
    int64_t first = 0;  // tile of this product in the common count
    for (const Product& product : products) {
      const int64_t count = product.weights->tiles();
      const int64_t from = std::max(begin - first, int64_t{0});
      const int64_t to = std::min(end - first, count);
      if (from < to) {
        run_job(make_job(x, product, from, to));
      }
      first += count;
    }
  });
}

}  // namespace sextant::kernels
