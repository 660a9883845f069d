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
  fit(up, c.ffn_dim);
}

const kernels::WeightMatrix& Decoder::head() const { return head_.rows() > 0 ? head_ : embedding_; }

size_t Decoder::weight_bytes() const {
  size_t bytes = embedding_.bytes() + head_.bytes() + final_norm_.size() * sizeof(float);
  for (const Layer& l : layers_) {
    for (const auto* m : {&l.query, &l.key, &l.value, &l.output, &l.gate, &l.up, &l.down}) {
      bytes += m->bytes();
    }
    bytes += (l.attention_norm.size() + l.ffn_norm.size()) * sizeof(float);
  }
  return bytes;
}

size_t Decoder::bytes_per_token() const {
  // The embedding is a look-up of one row; where it is tied, the head reads all of it.
  return weight_bytes() - (head_.rows() > 0 ? embedding_.bytes() : 0);
}

DecoderState Decoder::make_state(int64_t capacity, Precision precision) const {
  SEXTANT_CHECK(capacity > 0, "capacity {}", capacity);
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

void Decoder::norm_rows(std::span<const float> rows, std::span<const float> weight,
                        std::span<float> out, ThreadPool& pool) const {
  const size_t dim = at(config_.dim);
  const auto count = static_cast<int64_t>(rows.size() / dim);
  pool.for_each_chunk(count, 16, [&](int64_t begin, int64_t end, int) {
    for (size_t r = at(begin); r < at(end); ++r) {
      kernels::rms_norm(rows.subspan(r * dim, dim), weight, config_.norm_eps,
                        out.subspan(r * dim, dim));
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

  const auto half = at(config_.head_dim / 2);
  call.pool.for_each_chunk(n, 16, [&](int64_t begin, int64_t end, int) {
    for (size_t t = at(begin); t < at(end); ++t) {
      const auto cos = std::span(call.rope.cos).subspan(t * half, half);
      const auto sin = std::span(call.rope.sin).subspan(t * half, half);
      kernels::apply_rope(std::span(s.query).subspan(t * at(config_.q_dim()), at(config_.q_dim())),
                          config_.head_dim, cos, sin);
      kernels::apply_rope(std::span(s.key).subspan(t * at(config_.kv_dim()), at(config_.kv_dim())),
                          config_.head_dim, cos, sin);
    }
  });
  kernels::KvCache& cache = call.state.layers_[index];
  cache.store(call.first, n, rows(s.key, config_.kv_dim()), rows(s.value, config_.kv_dim()));
  kernels::attention(cache, {.query_heads = config_.heads, .window = config_.window[index]},
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

void Decoder::feed_forward_block(const Layer& layer, const Call& call) const {
  auto& s = call.state.scratch_;
  const int64_t n = call.tokens;
  const auto hidden = std::span(s.hidden).first(at(n * config_.dim));
  const auto normed = std::span(s.normed).first(at(n * config_.dim));
  norm_rows(hidden, layer.ffn_norm, normed, call.pool);
  s.activations.assign(normed, n, config_.dim,
                       kernels::precision_for(layer.gate, call.state.precision_), call.pool);
  const Product expand[] = {{.weights = &layer.gate, .out = s.gate.data()},
                            {.weights = &layer.up, .out = s.up.data()}};
  kernels::matmul(s.activations, expand, call.pool);
  const int64_t width = config_.ffn_dim;
  call.pool.for_each_chunk(n, 4, [&](int64_t begin, int64_t end, int) {
    const size_t from = at(begin * width);
    const size_t count = at((end - begin) * width);
    const auto gate = std::span(s.gate).subspan(from, count);
    kernels::silu_mul(gate, std::span(s.up).subspan(from, count), gate);
  });
  s.activations.assign(std::span(s.gate).first(at(n * width)), n, width,
                       kernels::precision_for(layer.down, call.state.precision_), call.pool);
  const Product contract{.weights = &layer.down, .out = s.hidden.data(), .accumulate = true};
  kernels::matmul(s.activations, {&contract, 1}, call.pool);
}

void Decoder::forward_piece(std::span<const int32_t> tokens, const RopeFrequencies& frequencies,
                            DecoderState& state, std::span<float> out, ThreadPool& pool) const {
  auto& s = state.scratch_;
  const auto n = static_cast<int64_t>(tokens.size());
  s.reserve(config_, n);
  const size_t dim = at(config_.dim);
  for (size_t t = 0; t < tokens.size(); ++t) {
    SEXTANT_CHECK(tokens[t] >= 0 && tokens[t] < config_.vocab_size, "token {}", tokens[t]);
    embedding_.read_row(tokens[t], std::span(s.hidden).subspan(t * dim, dim));
  }
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
  const auto frequencies =
      rope_frequencies(config_.rope, config_.head_dim, config_.max_positions, state.length_ + n);
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
