#include "sextant/nn/attention.h"

namespace sextant::nn {

torch::Tensor split_heads(const torch::Tensor& x, int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

torch::Tensor merge_heads(const torch::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), x.size(1) * x.size(3)});
}

torch::Tensor causal_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v, const torch::Tensor& mask) {
  const bool grouped = k.size(1) != q.size(1);
  const std::optional<torch::Tensor> given = mask.defined() ? std::optional(mask) : std::nullopt;
  return at::scaled_dot_product_attention(q, k, v, given, /*dropout_p=*/0.0,
                                          /*is_causal=*/!mask.defined(), /*scale=*/std::nullopt,
                                          /*enable_gqa=*/grouped);
}

torch::Tensor segment_mask(const torch::Tensor& segments) {
  if (!segments.defined()) {
    return {};
  }
  const int64_t T = segments.size(1);
  const auto causal = torch::ones({T, T}, segments.options().dtype(torch::kBool)).tril();
  return (segments.unsqueeze(2) == segments.unsqueeze(1)).logical_and(causal).unsqueeze(1);
}

}  // namespace sextant::nn
