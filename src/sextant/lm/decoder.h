// The network of Llama, Mistral and Qwen2 (pre-norm blocks of grouped-query attention with rotary
// positions and a SwiGLU feed-forward) and of GPT-2 and OPT (the same with layer norms, learned
// positions and two matrices), computed with sextant/kernels on the weights as stored.
//
// A Decoder is immutable and may serve several sequences, one thread at a time each; what belongs
// to one sequence (keys, values, work space) is a DecoderState.
//
// Precision::kF32 keeps activations and cache in f32. kInt16 and kInt8 round activations to 16 or 8
// bits per block of 32 before each block-quantised matrix, and keep the cache in f16: faster, and
// less exact by little or by more (docs/numerics.md has the measured differences).
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
#include "sextant/lm/config.h"

namespace sextant::lm {

using kernels::Precision;

class Decoder;
struct RopeFrequencies;

// One running sequence. Moves, but does not copy.
class DecoderState {
 public:
  int64_t length() const { return length_; }
  int64_t capacity() const { return capacity_; }
  Precision precision() const { return precision_; }

  // Forgets all positions from `length` on.
  void truncate(int64_t length);

 private:
  friend class Decoder;

  // Rows of the tokens of one call, [tokens, ...]; they keep their memory between calls.
  struct Scratch {
    std::vector<float> hidden, normed, query, key, value, mixed, gate, up, result;
    kernels::Activations activations;
    void reserve(const DecoderConfig& config, int64_t tokens);
  };

  Precision precision_ = Precision::kInt16;
  int64_t capacity_ = 0;
  int64_t length_ = 0;
  std::vector<kernels::KvCache> layers_;
  Scratch scratch_;
};

class Decoder {
 public:
  // Takes every tensor of `source` exactly once: Hugging Face names, or the GGUF names where the
  // source is a GGUF file (whose permuted q and k rows are put back). GPT-2's matrices, stored as
  // [in, out], are turned. Errors name all tensors that are missing, left over or of the wrong
  // shape.
  static Result<Decoder> load(const io::TensorSource& source, const DecoderConfig& config,
                              ThreadPool& pool);

  const DecoderConfig& config() const { return config_; }
  // Bytes of the weights as packed, and those that computing one token reads.
  size_t weight_bytes() const;
  size_t bytes_per_token() const;

  // Error kInvalidArgument where the network has learned positions and not as many.
  Result<void> check_length(int64_t positions) const;

  // Throws where check_length would say no.
  DecoderState make_state(int64_t capacity, Precision precision) const;

  // Error kInvalidArgument naming the first id outside the vocabulary.
  Result<void> check_tokens(std::span<const int32_t> tokens) const;

  // Reads `tokens` (at least one, checked, fitting the capacity) behind those of `state`. Returns
  // the hidden states behind the last norm, [tokens, dim], valid until the next call.
  std::span<const float> forward(std::span<const int32_t> tokens, DecoderState& state,
                                 ThreadPool& pool) const;

  // out: [rows, vocab] of hidden states [rows, dim].
  void logits(std::span<const float> hidden, std::span<float> out, DecoderState& state,
              ThreadPool& pool) const;

 private:
  friend class DecoderLoader;

  struct Norm {
    std::vector<float> weight, bias;  // no bias: RMS norm
  };

  struct Layer {
    Norm attention_norm, ffn_norm;
    kernels::WeightMatrix query, key, value, output, gate, up, down;  // gate: SwiGLU only
    std::vector<float> query_bias, key_bias, value_bias, output_bias, up_bias, down_bias;
  };

  struct Call;  // what one piece of a forward shares between layers
  void forward_piece(std::span<const int32_t> tokens, const RopeFrequencies& frequencies,
                     DecoderState& state, std::span<float> out, ThreadPool& pool) const;
  void attention_block(const Layer& layer, size_t index, const Call& call) const;
  void feed_forward_block(const Layer& layer, const Call& call) const;
  void embed(std::span<const int32_t> tokens, int64_t first, std::span<float> out) const;
  void rotate(const Call& call) const;
  void activate(std::span<float> inner, std::span<const float> up) const;
  void norm_rows(std::span<const float> rows, const Norm& norm, std::span<float> out,
                 ThreadPool& pool) const;
  const kernels::WeightMatrix& head() const;

  DecoderConfig config_;
  kernels::WeightMatrix embedding_, head_;  // head_ is empty where the embedding is tied
  kernels::WeightMatrix positions_;         // learned: a row a position, else empty
  Norm final_norm_;
  std::vector<Layer> layers_;
};

// Names that the embedding may have in a file of that family.
std::vector<std::string> embedding_names(const DecoderConfig& config, bool gguf);

}  // namespace sextant::lm
