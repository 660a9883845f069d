#include "sextant/lm/decoder.h"

#include <algorithm>

#include "sextant/base/checked.h"
#include "sextant/kernels/attention.h"
#include "sextant/kernels/ops.h"
#include "sextant/lm/rope.h"

namespace sextant::lm {
namespace {

using kernels::Product;

size_t at(int64_t index) { return static_cast<size_t>(index); }

// Tokens computed at once. More would read the weights less often, which no longer shows beside the
// arithmetic, and need more work space (23 KB a token for SmolLM2-135M).
constexpr size_t kPiece = 128;

const float* bias_or_null(const std::vector<float>& bias) {
  return bias.empty() ? nullptr : bias.data();
}

}  // namespace

struct Decoder::Call {
  DecoderState& state;
  int64_t first;  // position of the first token
  int64_t tokens;
  const RopeTable& rope;
  ThreadPool& pool;
};

void DecoderState::truncate(int64_t length) {
  SEXTANT_CHECK(length >= 0 && length <= length_, "cut to {} of {}", length, length_);
  length_ = length;
}

void DecoderState::Scratch::reserve(const DecoderConfig& c, int64_t tokens) {
  const auto fit = [tokens](std::vector<float>& rows, int64_t width) {
    const size_t needed = at(tokens * width);
    if (rows.size() < needed) {
      rows.resize(needed);
    }
  };
  fit(hidden, c.dim);
  fit(normed, c.dim);
  fit(query, c.q_dim());
  fit(key, c.kv_dim());
  fit(value, c.kv_dim());
  fit(mixed, c.q_dim());
  fit(gate, c.ffn_dim);
  fit(up, c.feed_forward == FeedForward::kSwiGlu ? c.ffn_dim : 0);
}

const kernels::WeightMatrix& Decoder::head() const { return head_.rows() > 0 ? head_ : embedding_; }

size_t Decoder::weight_bytes() const {
  size_t bytes = embedding_.bytes() + positions_.bytes() + head_.bytes();
  size_t floats = final_norm_.weight.size() + final_norm_.bias.size();
  for (const Layer& l : layers_) {
    for (const auto* m : {&l.query, &l.key, &l.value, &l.output, &l.gate, &l.up, &l.down}) {
      bytes += m->bytes();
    }
    for (const Norm* norm : {&l.attention_norm, &l.ffn_norm}) {
      floats += norm->weight.size() + norm->bias.size();
    }
    for (const auto* bias :
         {&l.query_bias, &l.key_bias, &l.value_bias, &l.output_bias, &l.up_bias, &l.down_bias}) {
      floats += bias->size();
    }
  }
  return bytes + floats * sizeof(float);
}

size_t Decoder::bytes_per_token() const {
  // Embeddings are look-ups of one row; where the tokens' is tied, the head reads all of it.
  return weight_bytes() - positions_.bytes() - (head_.rows() > 0 ? embedding_.bytes() : 0);
}

Result<void> Decoder::check_length(int64_t positions) const {
  if (config_.positions == PositionKind::kLearned && positions > config_.max_positions) {
    return fail(
        ErrorCode::kInvalidArgument,
        "[lm/decoder] context: expected at most {} tokens (the positions that the model has "
        "learned), found {}",
        config_.max_positions, positions);
  }
  return {};
}

DecoderState Decoder::make_state(int64_t capacity, Precision precision) const {
  SEXTANT_CHECK(capacity > 0 && check_length(capacity), "capacity {}", capacity);
  DecoderState state;
  state.precision_ = precision;
  state.capacity_ = capacity;
  const DType type = precision == Precision::kF32 ? DType::kF32 : DType::kF16;
  state.layers_.reserve(layers_.size());
  for (size_t i = 0; i < layers_.size(); ++i) {
    state.layers_.emplace_back(config_.kv_heads, config_.head_dim, capacity, type);
  }
  return state;
}

Result<void> Decoder::check_tokens(std::span<const int32_t> tokens) const {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] < 0 || tokens[i] >= config_.vocab_size) {
      return fail(ErrorCode::kInvalidArgument,
                  "[lm/decoder] token {} of the input: expected an id from 0 to {}, found {}", i,
                  config_.vocab_size - 1, tokens[i]);
    }
  }
  return {};
}

void Decoder::norm_rows(std::span<const float> rows, const Norm& norm, std::span<float> out,
                        ThreadPool& pool) const {
  const size_t dim = at(config_.dim);
  const auto count = static_cast<int64_t>(rows.size() / dim);
  pool.for_each_chunk(count, 16, [&](int64_t begin, int64_t end, int) {
    for (size_t r = at(begin); r < at(end); ++r) {
      const auto in = rows.subspan(r * dim, dim);
      if (config_.norm == NormKind::kLayer) {
        kernels::layer_norm(in, norm.weight, norm.bias, config_.norm_eps,
                            out.subspan(r * dim, dim));
      } else {
        kernels::rms_norm(in, norm.weight, config_.norm_eps, out.subspan(r * dim, dim));
      }
    }
  });
}

// Turns the queries and keys of the call by their positions.
void Decoder::rotate(const Call& call) const {
  auto& s = call.state.scratch_;
  const auto half = at(config_.head_dim / 2);
  call.pool.for_each_chunk(call.tokens, 16, [&](int64_t begin, int64_t end, int) {
    for (size_t t = at(begin); t < at(end); ++t) {
      const auto cos = std::span(call.rope.cos).subspan(t * half, half);
      const auto sin = std::span(call.rope.sin).subspan(t * half, half);
      kernels::apply_rope(std::span(s.query).subspan(t * at(config_.q_dim()), at(config_.q_dim())),
                          config_.head_dim, cos, sin);
      kernels::apply_rope(std::span(s.key).subspan(t * at(config_.kv_dim()), at(config_.kv_dim())),
                          config_.head_dim, cos, sin);
    }
  });
}

void Decoder::attention_block(const Layer& layer, size_t index, const Call& call) const {
  auto& s = call.state.scratch_;
  const int64_t n = call.tokens;
  const auto rows = [n](std::vector<float>& v, int64_t width) {
    return std::span(v).first(at(n * width));
  };
  norm_rows(rows(s.hidden, config_.dim), layer.attention_norm, rows(s.normed, config_.dim),
            call.pool);
  const Precision precision = kernels::precision_for(layer.query, call.state.precision_);
  s.activations.assign(rows(s.normed, config_.dim), n, config_.dim, precision, call.pool);
  const Product projections[] = {
      {.weights = &layer.query, .out = s.query.data(), .bias = bias_or_null(layer.query_bias)},
      {.weights = &layer.key, .out = s.key.data(), .bias = bias_or_null(layer.key_bias)},
      {.weights = &layer.value, .out = s.value.data(), .bias = bias_or_null(layer.value_bias)}};
  kernels::matmul(s.activations, projections, call.pool);

  if (config_.positions == PositionKind::kRotary) {
    rotate(call);
  }
  kernels::KvCache& cache = call.state.layers_[index];
  cache.store(call.first, n, rows(s.key, config_.kv_dim()), rows(s.value, config_.kv_dim()));
  kernels::attention(cache,
                     {.query_heads = config_.heads,
                      .scale = config_.attention_scale,
                      .window = config_.window[index]},
                     call.first, rows(s.query, config_.q_dim()), rows(s.mixed, config_.q_dim()),
                     call.pool);
  s.activations.assign(rows(s.mixed, config_.q_dim()), n, config_.q_dim(),
                       kernels::precision_for(layer.output, call.state.precision_), call.pool);
  const Product output{.weights = &layer.output,
                       .out = s.hidden.data(),
                       .bias = bias_or_null(layer.output_bias),
                       .accumulate = true};
  kernels::matmul(s.activations, {&output, 1}, call.pool);
}

// The values between the matrices of a feed-forward, in place; `up` for SwiGLU only.
void Decoder::activate(std::span<float> inner, std::span<const float> up) const {
  switch (config_.feed_forward) {
    case FeedForward::kSwiGlu:
      return kernels::silu_mul(inner, up, inner);
    case FeedForward::kGelu:
      return kernels::gelu(inner, inner);
    case FeedForward::kGeluTanh:
      return kernels::gelu_tanh(inner, inner);
    case FeedForward::kRelu:
      return kernels::relu(inner, inner);
  }
}

void Decoder::feed_forward_block(const Layer& layer, const Call& call) const {
  auto& s = call.state.scratch_;
  const int64_t n = call.tokens;
  const auto hidden = std::span(s.hidden).first(at(n * config_.dim));
  const auto normed = std::span(s.normed).first(at(n * config_.dim));
  norm_rows(hidden, layer.ffn_norm, normed, call.pool);
  const bool gated = config_.feed_forward == FeedForward::kSwiGlu;
  s.activations.assign(normed, n, config_.dim,
                       kernels::precision_for(layer.up, call.state.precision_), call.pool);
  const Product expand[] = {{.weights = &layer.up,
                             .out = gated ? s.up.data() : s.gate.data(),
                             .bias = bias_or_null(layer.up_bias)},
                            {.weights = &layer.gate, .out = s.gate.data()}};
  kernels::matmul(s.activations, std::span(expand).first(gated ? 2 : 1), call.pool);
  const int64_t width = config_.ffn_dim;
  call.pool.for_each_chunk(n, 4, [&](int64_t begin, int64_t end, int) {
    const size_t from = at(begin * width);
    const size_t count = at((end - begin) * width);
    activate(std::span(s.gate).subspan(from, count),
             gated ? std::span(s.up).subspan(from, count) : std::span<float>());
  });
  s.activations.assign(std::span(s.gate).first(at(n * width)), n, width,
                       kernels::precision_for(layer.down, call.state.precision_), call.pool);
  const Product contract{.weights = &layer.down,
                         .out = s.hidden.data(),
                         .bias = bias_or_null(layer.down_bias),
                         .accumulate = true};
  kernels::matmul(s.activations, {&contract, 1}, call.pool);
}

// Rows of the tokens at positions from `first` on.
void Decoder::embed(std::span<const int32_t> tokens, int64_t first, std::span<float> out) const {
  const size_t dim = at(config_.dim);
  std::vector<float> position(positions_.rows() > 0 ? dim : 0);
  for (size_t t = 0; t < tokens.size(); ++t) {
    SEXTANT_CHECK(tokens[t] >= 0 && tokens[t] < config_.vocab_size, "token {}", tokens[t]);
    const auto row = out.subspan(t * dim, dim);
    embedding_.read_row(tokens[t], row);
    if (!position.empty()) {
      positions_.read_row(first + static_cast<int64_t>(t), position);
      kernels::add(position, row);
    }
  }
}

void Decoder::forward_piece(std::span<const int32_t> tokens, const RopeFrequencies& frequencies,
                            DecoderState& state, std::span<float> out, ThreadPool& pool) const {
  auto& s = state.scratch_;
  const auto n = static_cast<int64_t>(tokens.size());
  s.reserve(config_, n);
  embed(tokens, state.length_, s.hidden);
  const RopeTable rope = rope_table(frequencies, state.length_, n);
  const Call call{state, state.length_, n, rope, pool};
  for (size_t i = 0; i < layers_.size(); ++i) {
    attention_block(layers_[i], i, call);
    feed_forward_block(layers_[i], call);
  }
  state.length_ += n;
  norm_rows(std::span(s.hidden).first(out.size()), final_norm_, out, pool);
}

std::span<const float> Decoder::forward(std::span<const int32_t> tokens, DecoderState& state,
                                        ThreadPool& pool) const {
  const auto n = checked_cast<int64_t>(tokens.size());
  SEXTANT_CHECK(n > 0 && state.length_ + n <= state.capacity_, "{} tokens behind {} of {}", n,
                state.length_, state.capacity_);
  const auto frequencies = config_.positions == PositionKind::kRotary
                               ? rope_frequencies(config_.rope, config_.head_dim,
                                                  config_.max_positions, state.length_ + n)
                               : RopeFrequencies();
  const size_t dim = at(config_.dim);
  auto& result = state.scratch_.result;
  result.resize(tokens.size() * dim);
  for (size_t begin = 0; begin < tokens.size(); begin += kPiece) {
    const size_t count = std::min(kPiece, tokens.size() - begin);
    forward_piece(tokens.subspan(begin, count), frequencies, state,
                  std::span(result).subspan(begin * dim, count * dim), pool);
  }
  return result;
}

void Decoder::logits(std::span<const float> hidden, std::span<float> out, DecoderState& state,
                     ThreadPool& pool) const {
  const int64_t rows = static_cast<int64_t>(hidden.size()) / config_.dim;
  SEXTANT_CHECK(static_cast<int64_t>(out.size()) == rows * config_.vocab_size, "{} logits",
                out.size());
  auto& activations = state.scratch_.activations;
  activations.assign(hidden, rows, config_.dim, kernels::precision_for(head(), state.precision_),
                     pool);
  const Product product{.weights = &head(), .out = out.data()};
  kernels::matmul(activations, {&product, 1}, pool);
}

}  // namespace sextant::lm
