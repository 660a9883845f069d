// Binds the tensors of a file to the network: names of Hugging Face folders and of GGUF files.
#include <numeric>

#include "sextant/io/dequantise.h"
#include "sextant/io/weight_map.h"
#include "sextant/lm/decoder.h"

namespace sextant::lm {
namespace {

// The two ways to write the same tensors. {} stands for the layer.
struct Names {
  std::string_view embedding, final_norm, head, layer;
  std::string_view attention_norm, query, key, value, output, ffn_norm, gate, up, down;
};

constexpr Names kHuggingFace = {
    .embedding = "model.embed_tokens.weight",
    .final_norm = "model.norm.weight",
    .head = "lm_head.weight",
    .layer = "model.layers.{}.",
    .attention_norm = "input_layernorm",
    .query = "self_attn.q_proj",
    .key = "self_attn.k_proj",
    .value = "self_attn.v_proj",
    .output = "self_attn.o_proj",
    .ffn_norm = "post_attention_layernorm",
    .gate = "mlp.gate_proj",
    .up = "mlp.up_proj",
    .down = "mlp.down_proj",
};

constexpr Names kGguf = {
    .embedding = "token_embd.weight",
    .final_norm = "output_norm.weight",
    .head = "output.weight",
    .layer = "blk.{}.",
    .attention_norm = "attn_norm",
    .query = "attn_q",
    .key = "attn_k",
    .value = "attn_v",
    .output = "attn_output",
    .ffn_norm = "ffn_norm",
    .gate = "ffn_gate",
    .up = "ffn_up",
    .down = "ffn_down",
};

// Row order that turns GGUF's interleaved rotary rows of a Llama back into half-split ones: GGUF
// row 2j + s of a head is row s * head_dim/2 + j of the published weight.
std::vector<int64_t> half_split_order(int64_t heads, int64_t head_dim) {
  std::vector<int64_t> order;
  order.reserve(static_cast<size_t>(heads * head_dim));
  for (int64_t h = 0; h < heads; ++h) {
    for (int64_t s = 0; s < 2; ++s) {
      for (int64_t j = 0; j < head_dim / 2; ++j) {
        order.push_back(h * head_dim + 2 * j + s);
      }
    }
  }
  return order;
}

}  // namespace

// Declares all tensors, binds them to the source, then packs them one by one, giving the pages of
// each source tensor back as it goes.
class DecoderLoader {
 public:
  DecoderLoader(const io::TensorSource& source, const DecoderConfig& config, ThreadPool& pool)
      : source_(source),
        config_(config),
        pool_(pool),
        gguf_(source.format() == "gguf"),
        names_(gguf_ ? kGguf : kHuggingFace) {}

  Result<Decoder> load() {
    SEXTANT_TRY(weights_, bind());
    Decoder decoder;
    decoder.config_ = config_;
    SEXTANT_TRY(decoder.embedding_, matrix(std::string(names_.embedding)));
    if (const std::string head(names_.head); !config_.tied_embeddings) {
      SEXTANT_TRY(decoder.head_, matrix(head));
    }
    decoder.final_norm_ = vector(std::string(names_.final_norm));
    // Only Llama's rows are permuted in GGUF files; Qwen2's are not.
    if (gguf_ && config_.family == "llama") {
      query_order_ = half_split_order(config_.heads, config_.head_dim);
      key_order_ = half_split_order(config_.kv_heads, config_.head_dim);
    }
    decoder.layers_.resize(static_cast<size_t>(config_.layers));
    for (int64_t i = 0; i < config_.layers; ++i) {
      SEXTANT_TRY_VOID(load_layer(i, decoder.layers_[static_cast<size_t>(i)]));
    }
    return decoder;
  }

 private:
  std::string name(int64_t layer, std::string_view part, std::string_view kind) const {
    return sextant::format(names_.layer, layer) + std::string(part) + "." + std::string(kind);
  }

  Result<io::Weights> bind() const {
    const DecoderConfig& c = config_;
    io::WeightMap map("lm/weights");
    map.add({.name = std::string(names_.embedding), .shape = {c.vocab_size, c.dim}});
    map.add({.name = std::string(names_.final_norm), .shape = {c.dim}});
    map.add({.name = std::string(names_.head),
             .shape = {c.vocab_size, c.dim},
             .required = !c.tied_embeddings});  // some files hold a tied one twice
    for (int64_t i = 0; i < c.layers; ++i) {
      const auto matrix = [&](std::string_view part, int64_t rows, int64_t cols, bool bias) {
        map.add({.name = name(i, part, "weight"), .shape = {rows, cols}});
        if (bias) {
          map.add({.name = name(i, part, "bias"), .shape = {rows}});
        }
      };
      map.add({.name = name(i, names_.attention_norm, "weight"), .shape = {c.dim}});
      map.add({.name = name(i, names_.ffn_norm, "weight"), .shape = {c.dim}});
      matrix(names_.query, c.q_dim(), c.dim, c.qkv_bias);
      matrix(names_.key, c.kv_dim(), c.dim, c.qkv_bias);
      matrix(names_.value, c.kv_dim(), c.dim, c.qkv_bias);
      matrix(names_.output, c.dim, c.q_dim(), c.output_bias);
      matrix(names_.gate, c.ffn_dim, c.dim, false);
      matrix(names_.up, c.ffn_dim, c.dim, false);
      matrix(names_.down, c.dim, c.ffn_dim, false);
    }
    // Derived from the configuration, which counts.
    map.ignore("model.layers.*.self_attn.rotary_emb.inv_freq");
    map.ignore("rope_freqs.weight");  // read with the configuration
    return map.bind(source_);
  }

  Result<kernels::WeightMatrix> matrix(const std::string& tensor,
                                       std::span<const int64_t> row_order = {}) {
    const TensorView& view = weights_.at(tensor);
    auto packed = kernels::WeightMatrix::pack(view, pool_, row_order);
    if (!packed) {
      return with_context(packed.error(), "tensor \"" + tensor + "\"");
    }
    source_.release_pages(view);
    return packed;
  }

  std::vector<float> vector(const std::string& tensor, std::span<const int64_t> order = {}) const {
    std::vector<float> values = io::to_f32(weights_.at(tensor));
    if (order.empty()) {
      return values;
    }
    std::vector<float> ordered(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      ordered[i] = values[static_cast<size_t>(order[i])];
    }
    return ordered;
  }

  Result<void> load_layer(int64_t i, Decoder::Layer& layer) {
    const auto weight = [&](std::string_view part) { return name(i, part, "weight"); };
    layer.attention_norm = vector(weight(names_.attention_norm));
    layer.ffn_norm = vector(weight(names_.ffn_norm));
    SEXTANT_TRY(layer.query, matrix(weight(names_.query), query_order_));
    SEXTANT_TRY(layer.key, matrix(weight(names_.key), key_order_));
    SEXTANT_TRY(layer.value, matrix(weight(names_.value)));
    SEXTANT_TRY(layer.output, matrix(weight(names_.output)));
    SEXTANT_TRY(layer.gate, matrix(weight(names_.gate)));
    SEXTANT_TRY(layer.up, matrix(weight(names_.up)));
    SEXTANT_TRY(layer.down, matrix(weight(names_.down)));
    if (config_.qkv_bias) {
      layer.query_bias = vector(name(i, names_.query, "bias"), query_order_);
      layer.key_bias = vector(name(i, names_.key, "bias"), key_order_);
      layer.value_bias = vector(name(i, names_.value, "bias"));
    }
    if (config_.output_bias) {
      layer.output_bias = vector(name(i, names_.output, "bias"));
    }
    return {};
  }

  const io::TensorSource& source_;
  const DecoderConfig& config_;
  ThreadPool& pool_;
  bool gguf_;
  const Names& names_;
  io::Weights weights_;
  std::vector<int64_t> query_order_, key_order_;
};

Result<Decoder> Decoder::load(const io::TensorSource& source, const DecoderConfig& config,
                              ThreadPool& pool) {
  SEXTANT_TRY_VOID(check_shape(config));
  return DecoderLoader(source, config, pool).load();
}

}  // namespace sextant::lm
