#include "sextant/lm/bert.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sextant/kernels/attention.h"
#include "sextant/kernels/ops.h"

namespace sextant::lm {
namespace {

using kernels::Precision;
using kernels::Product;

size_t at(int64_t index) { return static_cast<size_t>(index); }

// Rows that a thread takes at once.
constexpr int64_t kChunk = 4;

Failure bad_input(size_t sequence, std::string_view expected, int64_t found) {
  return fail(ErrorCode::kInvalidArgument, "[lm/bert] sequence {}: expected {}, found {}", sequence,
              expected, found);
}

}  // namespace

size_t Bert::weight_bytes() const {
  size_t bytes = words_.bytes() + pooler_.weight.bytes() + classifier_.bytes() +
                 (positions_.size() + types_.size()) * sizeof(float);
  for (const Layer& l : layers_) {
    for (const Dense* d : {&l.query, &l.key, &l.value, &l.output, &l.up, &l.down}) {
      bytes += d->weight.bytes() + d->bias.size() * sizeof(float);
    }
  }
  return bytes;
}

Result<void> Bert::check(const BertInput& input) const {
  const size_t tokens = input.ids.size();
  SEXTANT_CHECK(std::accumulate(input.lengths.begin(), input.lengths.end(), int64_t{0}) ==
                        static_cast<int64_t>(tokens) &&
                    (input.types.empty() || input.types.size() == tokens) &&
                    (input.seen.empty() || input.seen.size() == tokens),
                "{} ids, {} types, {} of the mask", tokens, input.types.size(), input.seen.size());
  size_t first = 0;
  for (size_t s = 0; s < input.lengths.size(); ++s) {
    const int64_t length = input.lengths[s];
    if (length < 1 || length > config_.max_positions) {
      return bad_input(s, sextant::format("1 to {} tokens", config_.max_positions), length);
    }
    bool any = input.seen.empty();
    for (size_t i = first; i < first + at(length); ++i) {
      if (input.ids[i] < 0 || input.ids[i] >= config_.vocab_size) {
        return bad_input(s, sextant::format("ids from 0 to {}", config_.vocab_size - 1),
                         input.ids[i]);
      }
      if (!input.types.empty() && (input.types[i] < 0 || input.types[i] >= config_.types)) {
        return bad_input(s, sextant::format("token types from 0 to {}", config_.types - 1),
                         input.types[i]);
      }
      any = any || input.seen[i] != 0;
    }
    if (!any) {
      return bad_input(s, "a mask with at least one 1", 0);
    }
    first += at(length);
  }
  return {};
}

void Bert::norm_rows(const Norm& norm, std::span<float> rows, ThreadPool& pool) const {
  const size_t dim = at(config_.dim);
  const auto count = static_cast<int64_t>(rows.size() / dim);
  pool.for_each_chunk(count, kChunk, [&](int64_t begin, int64_t end, int) {
    for (size_t r = at(begin); r < at(end); ++r) {
      const auto row = rows.subspan(r * dim, dim);
      kernels::layer_norm(row, norm.weight, norm.bias, config_.norm_eps, row);
    }
  });
}

void Bert::embed(const BertInput& input, std::span<float> hidden, ThreadPool& pool) const {
  const size_t dim = at(config_.dim);
  size_t token = 0;
  for (const int64_t length : input.lengths) {
    for (size_t p = 0; p < at(length); ++p, ++token) {
      const auto row = hidden.subspan(token * dim, dim);
      const size_t type = input.types.empty() ? 0 : at(input.types[token]);
      words_.read_row(input.ids[token], row);
      kernels::add(std::span(types_).subspan(type * dim, dim), row);
      kernels::add(std::span(positions_).subspan(p * dim, dim), row);
    }
  }
  norm_rows(embedding_norm_, hidden, pool);
}

// Attention of each sequence to those of its own tokens that are seen: from s.query, s.key and
// s.value to s.mixed.
void Bert::attend(const BertInput& input, BertScratch& s, ThreadPool& pool) const {
  const size_t dim = at(config_.dim);
  size_t first = 0;
  for (const int64_t length : input.lengths) {
    const size_t count = at(length) * dim;
    const auto part = [&](std::vector<float>& rows) {
      return std::span(rows).subspan(first * dim, count);
    };
    int64_t keys = length;
    if (input.seen.empty()) {
      s.cache[0].store(0, length, part(s.key), part(s.value));
    } else {
      keys = 0;
      for (size_t t = first; t < first + at(length); ++t) {
        if (input.seen[t] != 0) {
          s.cache[0].store(keys, 1, std::span(s.key).subspan(t * dim, dim),
                           std::span(s.value).subspan(t * dim, dim));
          ++keys;
        }
      }
    }
    kernels::full_attention(s.cache[0], {.query_heads = config_.heads}, keys, part(s.query),
                            part(s.mixed), pool);
    first += at(length);
  }
}

void Bert::attention_block(const Layer& layer, const BertInput& input, BertScratch& s,
                           ThreadPool& pool) const {
  const auto n = static_cast<int64_t>(input.ids.size());
  s.activations.assign(s.hidden, n, config_.dim, Precision::kF32, pool);
  const auto product = [](const Dense& dense, std::vector<float>& out) {
    return Product{.weights = &dense.weight, .out = out.data(), .bias = dense.bias.data()};
  };
  const Product projections[] = {product(layer.query, s.query), product(layer.key, s.key),
                                 product(layer.value, s.value)};
  kernels::matmul(s.activations, projections, pool);
  attend(input, s, pool);
  s.activations.assign(s.mixed, n, config_.dim, Precision::kF32, pool);
  Product output = product(layer.output, s.hidden);
  output.accumulate = true;
  kernels::matmul(s.activations, {&output, 1}, pool);
  norm_rows(layer.attention_norm, s.hidden, pool);
}

void Bert::activate(std::span<float> values) const {
  switch (config_.activation) {
    case nn::BertActivation::kGelu:
      return kernels::gelu(values, values);
    case nn::BertActivation::kGeluTanh:
      return kernels::gelu_tanh(values, values);
    case nn::BertActivation::kRelu:
      return kernels::relu(values, values);
  }
}

void Bert::feed_forward_block(const Layer& layer, BertScratch& s, ThreadPool& pool) const {
  const int64_t n = static_cast<int64_t>(s.hidden.size()) / config_.dim;
  s.activations.assign(s.hidden, n, config_.dim, Precision::kF32, pool);
  const Product up{.weights = &layer.up.weight, .out = s.wide.data(), .bias = layer.up.bias.data()};
  kernels::matmul(s.activations, {&up, 1}, pool);
  const int64_t width = config_.ffn_dim;
  pool.for_each_chunk(n, kChunk, [&](int64_t begin, int64_t end, int) {
    activate(std::span(s.wide).subspan(at(begin * width), at((end - begin) * width)));
  });
  s.activations.assign(s.wide, n, width, Precision::kF32, pool);
  const Product down{.weights = &layer.down.weight,
                     .out = s.hidden.data(),
                     .bias = layer.down.bias.data(),
                     .accumulate = true};
  kernels::matmul(s.activations, {&down, 1}, pool);
  norm_rows(layer.output_norm, s.hidden, pool);
}

std::span<const float> Bert::forward(const BertInput& input, BertScratch& scratch,
                                     ThreadPool& pool) const {
  const size_t tokens = input.ids.size();
  for (auto* rows :
       {&scratch.hidden, &scratch.query, &scratch.key, &scratch.value, &scratch.mixed}) {
    rows->resize(tokens * at(config_.dim));
  }
  scratch.wide.resize(tokens * at(config_.ffn_dim));
  if (scratch.cache.empty()) {
    scratch.cache.emplace_back(config_.heads, config_.head_dim(), config_.max_positions,
                               DType::kF32);
  }
  embed(input, scratch.hidden, pool);
  for (const Layer& layer : layers_) {
    attention_block(layer, input, scratch, pool);
    feed_forward_block(layer, scratch, pool);
  }
  return scratch.hidden;
}

std::vector<float> Bert::logits(std::span<const float> hidden, std::span<const int64_t> lengths,
                                ThreadPool& pool) const {
  SEXTANT_CHECK(classes() > 0, "logits of a model without a head");
  const size_t dim = at(config_.dim);
  const auto count = static_cast<int64_t>(lengths.size());
  std::vector<float> first;  // [sequences, dim]
  size_t token = 0;
  for (const int64_t length : lengths) {
    const auto row = hidden.subspan(token * dim, dim);
    first.insert(first.end(), row.begin(), row.end());
    token += at(length);
  }
  kernels::Activations activations;
  activations.assign(first, count, config_.dim, Precision::kF32, pool);
  std::vector<float> pooled(first.size());
  const Product pooling{
      .weights = &pooler_.weight, .out = pooled.data(), .bias = pooler_.bias.data()};
  kernels::matmul(activations, {&pooling, 1}, pool);
  for (float& v : pooled) {
    v = std::tanh(v);
  }
  activations.assign(pooled, count, config_.dim, Precision::kF32, pool);
  std::vector<float> out(at(count * classes()));
  const Product product{
      .weights = &classifier_, .out = out.data(), .bias = classifier_bias_.data()};
  kernels::matmul(activations, {&product, 1}, pool);
  return out;
}

}  // namespace sextant::lm
