#include "sextant/kernels/ref/oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sextant::kernels::ref {

std::vector<double> matmul(std::span<const float> w, std::span<const float> x, int64_t rows,
                           int64_t cols, int64_t tokens) {
  std::vector<double> y(static_cast<size_t>(tokens * rows));
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t r = 0; r < rows; ++r) {
      double sum = 0;
      for (int64_t c = 0; c < cols; ++c) {
        sum += static_cast<double>(w[static_cast<size_t>(r * cols + c)]) *
               static_cast<double>(x[static_cast<size_t>(t * cols + c)]);
      }
      y[static_cast<size_t>(t * rows + r)] = sum;
    }
  }
  return y;
}

std::vector<float> round_to_int8(std::span<const float> x) {
  std::vector<float> out(x.begin(), x.end());
  for (size_t b = 0; b < x.size(); b += kBlock) {
    float largest = 0;
    bool finite = true;
    for (size_t i = b; i < b + kBlock; ++i) {
      largest = std::max(largest, std::fabs(x[i]));
      finite = finite && std::isfinite(x[i]);
    }
    const float scale = largest < 0x1p-120f ? 0.0f : largest / 127.0f;
    for (size_t i = b; i < b + kBlock; ++i) {
      const float code = scale == 0.0f ? 0.0f : std::nearbyint(x[i] * (127.0f / largest));
      out[i] = finite ? code * scale : std::numeric_limits<float>::quiet_NaN();
    }
  }
  return out;
}

std::vector<double> rms_norm(std::span<const float> x, std::span<const float> weight,
                             double epsilon) {
  double sum = 0;
  for (const float v : x) {
    sum += static_cast<double>(v) * static_cast<double>(v);
  }
  const double factor = 1.0 / std::sqrt(sum / static_cast<double>(x.size()) + epsilon);
  std::vector<double> out(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    out[i] = static_cast<double>(x[i]) * factor * static_cast<double>(weight[i]);
  }
  return out;
}

std::vector<double> layer_norm(std::span<const float> x, std::span<const float> weight,
                               std::span<const float> bias, double epsilon) {
  const auto n = static_cast<double>(x.size());
  double mean = 0;
  for (const float v : x) {
    mean += static_cast<double>(v) / n;
  }
  double variance = 0;
  for (const float v : x) {
    variance += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean) / n;
  }
  std::vector<double> out(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    out[i] = (static_cast<double>(x[i]) - mean) / std::sqrt(variance + epsilon) *
                 static_cast<double>(weight[i]) +
             static_cast<double>(bias[i]);
  }
  return out;
}

std::vector<double> gelu(std::span<const float> x) {
  std::vector<double> out;
  for (const float v : x) {
    out.push_back(static_cast<double>(v) * 0.5 *
                  std::erfc(-static_cast<double>(v) / std::sqrt(2.0)));
  }
  return out;
}

std::vector<double> gelu_tanh(std::span<const float> x) {
  std::vector<double> out;
  for (const float v : x) {
    const auto d = static_cast<double>(v);
    const double y = std::sqrt(2.0 / std::acos(-1.0)) * (d + 0.044715 * d * d * d);
    out.push_back(d / (1.0 + std::exp(-2.0 * y)));
  }
  return out;
}

double log_sum_exp(std::span<const float> x) {
  const double largest = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const float v : x) {
    sum += std::exp(static_cast<double>(v) - largest);
  }
  return largest + std::log(sum);
}

std::vector<double> softmax(std::span<const float> x) {
  const double total = log_sum_exp(x);
  std::vector<double> out(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    out[i] = std::exp(static_cast<double>(x[i]) - total);
  }
  return out;
}

std::vector<double> silu_mul(std::span<const float> gate, std::span<const float> up) {
  std::vector<double> out(gate.size());
  for (size_t i = 0; i < gate.size(); ++i) {
    const double g = gate[i];
    out[i] = g / (1.0 + std::exp(-g)) * static_cast<double>(up[i]);
  }
  return out;
}

void apply_rope(std::span<float> heads, int64_t head_dim, std::span<const float> cos,
                std::span<const float> sin) {
  const size_t pairs = cos.size();
  for (size_t head = 0; head < heads.size(); head += static_cast<size_t>(head_dim)) {
    for (size_t i = 0; i < pairs; ++i) {
      const double a = heads[head + i];
      const double b = heads[head + i + pairs];
      const double c = cos[i];
      const double s = sin[i];
      heads[head + i] = static_cast<float>(a * c - b * s);
      heads[head + i + pairs] = static_cast<float>(b * c + a * s);
    }
  }
}

std::vector<double> attention(const AttentionInput& in) {
  const int64_t dim = in.head_dim;
  std::vector<double> out(in.query.size());
  for (int64_t t = 0; t < in.tokens; ++t) {
    const int64_t end = in.seen > 0 ? in.seen : in.first + t + 1;
    const int64_t begin = in.window > 0 ? std::max<int64_t>(0, end - in.window) : 0;
    for (int64_t h = 0; h < in.query_heads; ++h) {
      const int64_t kv = h / (in.query_heads / in.kv_heads);
      const float* q = in.query.data() + (t * in.query_heads + h) * dim;
      std::vector<double> weight(static_cast<size_t>(end - begin));
      double largest = -std::numeric_limits<double>::infinity();
      for (int64_t p = begin; p < end; ++p) {
        const float* k = in.keys.data() + (p * in.kv_heads + kv) * dim;
        double score = 0;
        for (int64_t d = 0; d < dim; ++d) {
          score += static_cast<double>(q[d]) * static_cast<double>(k[d]);
        }
        weight[static_cast<size_t>(p - begin)] = score * in.scale;
        largest = std::max(largest, score * in.scale);
      }
      double sum = 0;
      for (double& w : weight) {
        w = std::exp(w - largest);
        sum += w;
      }
      for (int64_t p = begin; p < end; ++p) {
        const float* v = in.values.data() + (p * in.kv_heads + kv) * dim;
        for (int64_t d = 0; d < dim; ++d) {
          out[static_cast<size_t>((t * in.query_heads + h) * dim + d)] +=
              weight[static_cast<size_t>(p - begin)] / sum * static_cast<double>(v[d]);
        }
      }
    }
  }
  return out;
}

}  // namespace sextant::kernels::ref
