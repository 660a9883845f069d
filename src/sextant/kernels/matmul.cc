#include "sextant/kernels/matmul.h"

#include <cstring>

#include "sextant/kernels/ref/oracle.h"

namespace sextant::kernels {

Precision precision_for(const WeightMatrix& weights, Precision wanted) {
  return weights.format().is_float() ? Precision::kF32 : wanted;
}

void Activations::assign(std::span<const float> x, int64_t tokens, int64_t cols,
                         Precision precision, ThreadPool&) {
  tokens_ = tokens;
  cols_ = cols;
  precision_ = precision;
  buffer_.resize(x.size_bytes());
  if (precision == Precision::kInt8) {
    const std::vector<float> rounded = ref::round_to_int8(x);
    std::memcpy(buffer_.data(), rounded.data(), x.size_bytes());
  } else {
    std::memcpy(buffer_.data(), x.data(), x.size_bytes());
  }
}

const std::byte* Activations::panel(int64_t first_token) const {
  return buffer_.data() + first_token * cols_ * 4;
}

void matmul(const Activations& x, std::span<const Product> products, ThreadPool& pool) {
  const auto cols = static_cast<size_t>(x.cols());
  for (const Product& product : products) {
    const WeightMatrix& w = *product.weights;
    const int64_t stride = product.out_stride != 0 ? product.out_stride : w.rows();
    pool.for_each_chunk(w.rows(), 16, [&](int64_t begin, int64_t end, int) {
      std::vector<float> row(cols);
      for (int64_t r = begin; r < end; ++r) {
        w.read_row(r, row);
        for (int64_t t = 0; t < x.tokens(); ++t) {
          const auto* in = reinterpret_cast<const float*>(x.panel(t));
          float sum = product.bias != nullptr ? product.bias[r] : 0.0f;
          for (size_t k = 0; k < cols; ++k) {
            sum += row[k] * in[k];
          }
          float& out = product.out[t * stride + r];
          out = product.accumulate ? out + sum : sum;
        }
      }
    });
  }
}

}  // namespace sextant::kernels
