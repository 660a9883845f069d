#include "sextant/kernels/ref/gradients.h"

#include <cmath>

namespace sextant::kernels::ref {
namespace {

double inverse_rms(std::span<const double> x, double epsilon) {
  double sum = 0;
  for (const double v : x) {
    sum += v * v;
  }
  return 1.0 / std::sqrt(sum / static_cast<double>(x.size()) + epsilon);
}

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

}  // namespace

void rms_norm(std::span<const double> x, std::span<const double> weight, double epsilon,
              std::span<double> out) {
  const double r = inverse_rms(x, epsilon);
  for (size_t i = 0; i < x.size(); ++i) {
    out[i] = x[i] * r * weight[i];
  }
}

void rms_norm_backward(std::span<const double> x, std::span<const double> weight, double epsilon,
                       std::span<const double> grad_out, std::span<double> grad_x,
                       std::span<double> grad_weight) {
  const double r = inverse_rms(x, epsilon);
  double mean = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    mean += weight[i] * grad_out[i] * x[i] / static_cast<double>(x.size());
  }
  for (size_t i = 0; i < x.size(); ++i) {
    grad_x[i] = r * weight[i] * grad_out[i] - x[i] * r * r * r * mean;
    grad_weight[i] += grad_out[i] * x[i] * r;
  }
}

void silu_mul(std::span<const double> gate, std::span<const double> up, std::span<double> out) {
  for (size_t i = 0; i < gate.size(); ++i) {
    out[i] = gate[i] * sigmoid(gate[i]) * up[i];
  }
}

void silu_mul_backward(std::span<const double> gate, std::span<const double> up,
                       std::span<const double> grad_out, std::span<double> grad_gate,
                       std::span<double> grad_up) {
  for (size_t i = 0; i < gate.size(); ++i) {
    const double s = sigmoid(gate[i]);
    grad_gate[i] = grad_out[i] * up[i] * (s + gate[i] * s * (1 - s));
    grad_up[i] = grad_out[i] * gate[i] * s;
  }
}

void apply_rope(std::span<double> heads, int64_t head_dim, std::span<const double> cos,
                std::span<const double> sin) {
  const size_t n = cos.size();
  for (size_t at = 0; at < heads.size(); at += static_cast<size_t>(head_dim)) {
    for (size_t i = 0; i < n; ++i) {
      const double a = heads[at + i];
      const double b = heads[at + n + i];
      heads[at + i] = a * cos[i] - b * sin[i];
      heads[at + n + i] = b * cos[i] + a * sin[i];
    }
  }
}

}  // namespace sextant::kernels::ref
