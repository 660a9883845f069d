// What the attention layers of several networks share.
#pragma once

#include <torch/torch.h>

namespace sextant::nn {

// [B,T,H*D] to [B,H,T,D], a view.
torch::Tensor split_heads(const torch::Tensor& x, int64_t heads);

// [B,H,T,D] to [B,T,H*D].
torch::Tensor merge_heads(const torch::Tensor& x);

// Causal attention of q [B,H,T,D] over k, v [B,K,T,D] with K dividing H (grouped queries). `mask`
// [B,1,T,T], true where a query may look, narrows it further and must be causal itself; undefined:
// plain causal.
torch::Tensor causal_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v, const torch::Tensor& mask);

// Where a token of segments [B,T] may look: earlier tokens of its own segment, itself included.
// [B,1,T,T], or undefined for undefined segments.
torch::Tensor segment_mask(const torch::Tensor& segments);

}  // namespace sextant::nn
