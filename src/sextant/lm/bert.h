// The network of BERT: post-norm blocks of attention in both directions and a feed-forward, with
// learned positions, computed in f32 with sextant/kernels on the weights as stored; and its
// classification head where the file has one.
//
// A Bert is immutable and may serve several callers; what belongs to one is a BertScratch.
// The hidden states of a sequence are the same bits whatever it is computed with and on how many
// threads: nothing is padded.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/thread_pool.h"
#include "sextant/io/tensor_source.h"
#include "sextant/kernels/kv_cache.h"
#include "sextant/kernels/matmul.h"
#include "sextant/kernels/weight_matrix.h"
#include "sextant/nn/bert_config.h"

namespace sextant::lm {

// Sequences one behind another.
struct BertInput {
  std::vector<int32_t> ids;         // of all tokens
  std::vector<int64_t> lengths;     // of the sequences; the sum is ids.size()
  std::vector<int32_t> types = {};  // of all tokens; empty: all 0
  // Which tokens are attended to (1) and which not (0), as padding; empty: all. Those that are not
  // have a hidden state all the same.
  std::vector<uint8_t> seen = {};
};

// Work space, kept between calls: some (8 dim + ffn_dim) floats a token.
struct BertScratch {
  std::vector<float> hidden, query, key, value, mixed, wide;
  std::vector<kernels::KvCache> cache;  // none or one
  kernels::Activations activations;
};

class Bert {
 public:
  // Takes every tensor of `source` exactly once, with or without "bert." before its name. The
  // pooler and the head may be absent; a head needs the pooler. Errors name all tensors that are
  // missing, left over or of the wrong shape.
  static Result<Bert> load(const io::TensorSource& source, const nn::BertConfig& config,
                           ThreadPool& pool);

  const nn::BertConfig& config() const { return config_; }
  // Classes of the head; 0 without one.
  int64_t classes() const { return classifier_.rows(); }
  size_t weight_bytes() const;

  // Error kInvalidArgument: an id or type out of range, a sequence that is empty, too long, or of
  // which nothing is seen.
  Result<void> check(const BertInput& input) const;

  // Hidden states of the last layer, [tokens, dim], of checked input; valid until the next call.
  std::span<const float> forward(const BertInput& input, BertScratch& scratch,
                                 ThreadPool& pool) const;

  // Logits [sequences, classes] of hidden states, from the first token of each sequence.
  std::vector<float> logits(std::span<const float> hidden, std::span<const int64_t> lengths,
                            ThreadPool& pool) const;

 private:
  friend class BertLoader;

  struct Dense {
    kernels::WeightMatrix weight;
    std::vector<float> bias;
  };
  struct Norm {
    std::vector<float> weight, bias;
  };
  struct Layer {
    Dense query, key, value, output, up, down;
    Norm attention_norm, output_norm;
  };

  void embed(const BertInput& input, std::span<float> hidden, ThreadPool& pool) const;
  void attention_block(const Layer& layer, const BertInput& input, BertScratch& s,
                       ThreadPool& pool) const;
  void attend(const BertInput& input, BertScratch& s, ThreadPool& pool) const;
  void feed_forward_block(const Layer& layer, BertScratch& s, ThreadPool& pool) const;
  void activate(std::span<float> values) const;
  void norm_rows(const Norm& norm, std::span<float> rows, ThreadPool& pool) const;

  nn::BertConfig config_;
  kernels::WeightMatrix words_;
  std::vector<float> positions_, types_;  // [max_positions, dim], [types, dim]
  Norm embedding_norm_;
  std::vector<Layer> layers_;
  Dense pooler_;
  kernels::WeightMatrix classifier_;
  std::vector<float> classifier_bias_;
};

}  // namespace sextant::lm
