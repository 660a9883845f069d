// Binds the tensors of a file to the network: names of Hugging Face folders and of GGUF files.
#include <utility>

#include "sextant/io/dequantise.h"
#include "sextant/io/weight_map.h"
#include "sextant/lm/decoder.h"

namespace sextant::lm {
namespace {

// How a kind of file names and stores the tensors. {} stands for the layer.
struct Layout {
  std::string_view embedding, positions, final_norm, head, layer;
  std::string_view attention_norm, query, key, value, output, ffn_norm, gate, up, down;
  std::string_view fused = {};   // query, key and value as one, in this order
  std::string_view prefix = {};  // of all names but the head's; some files leave it out
  bool turned = false;           // matrices are [in, out]
  int64_t unused_positions = 0;  // rows before that of the first position
};

constexpr Layout kLlama = {
    .embedding = "model.embed_tokens",
    .positions = "",
    .final_norm = "model.norm",
    .head = "lm_head",
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

constexpr Layout kGguf = {
    .embedding = "token_embd",
    .positions = "",
    .final_norm = "output_norm",
    .head = "output",
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

constexpr Layout kGpt2 = {
    .embedding = "transformer.wte",
    .positions = "transformer.wpe",
    .final_norm = "transformer.ln_f",
    .head = "lm_head",
    .layer = "transformer.h.{}.",
    .attention_norm = "ln_1",
    .query = "",
    .key = "",
    .value = "",
    .output = "attn.c_proj",
    .ffn_norm = "ln_2",
    .gate = "",
    .up = "mlp.c_fc",
    .down = "mlp.c_proj",
    .fused = "attn.c_attn",
    .prefix = "transformer.",
    .turned = true,
};

constexpr Layout kOpt = {
    .embedding = "model.decoder.embed_tokens",
    .positions = "model.decoder.embed_positions",
    .final_norm = "model.decoder.final_layer_norm",
    .head = "lm_head",
    .layer = "model.decoder.layers.{}.",
    .attention_norm = "self_attn_layer_norm",
    .query = "self_attn.q_proj",
    .key = "self_attn.k_proj",
    .value = "self_attn.v_proj",
    .output = "self_attn.out_proj",
    .ffn_norm = "final_layer_norm",
    .gate = "",
    .up = "fc1",
    .down = "fc2",
    .prefix = "model.",
    .unused_positions = 2,  // padding, in the program that trained OPT
};

const Layout& layout_of(const DecoderConfig& config, bool gguf) {
  return gguf ? kGguf : config.family == "gpt2" ? kGpt2 : config.family == "opt" ? kOpt : kLlama;
}

// Tensors that may lie beside the weights: derived from the configuration, which counts, or read
// with it (rope_freqs), or masks, or the version of a format.
constexpr std::string_view kIgnored[] = {"model.layers.*.self_attn.rotary_emb.inv_freq",
                                         "rope_freqs.weight", "*.attn.bias", "*.attn.masked_bias",
                                         "*decoder.version"};

// The name itself, and the one without the prefix.
std::vector<std::string> aliases_of(const Layout& layout, const std::string& name) {
  if (layout.prefix.empty() || !name.starts_with(layout.prefix)) {
    return {};
  }
  return {name.substr(layout.prefix.size())};
}

template <class T>
void turn(const TensorView& view, std::vector<std::byte>& out) {
  const auto in = view.as<T>();
  const auto rows = static_cast<size_t>(view.shape[0]);
  const auto cols = static_cast<size_t>(view.shape[1]);
  out.resize(in.size_bytes());
  auto* to = reinterpret_cast<T*>(out.data());
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < cols; ++c) {
      to[c * rows + r] = in[r * cols + c];
    }
  }
}

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
        layout_(layout_of(config, gguf_)) {}

  Result<Decoder> load() {
    SEXTANT_TRY(weights_, bind());
    Decoder decoder;
    decoder.config_ = config_;
    SEXTANT_TRY(decoder.embedding_, matrix(weight(layout_.embedding)));
    if (config_.positions == PositionKind::kLearned) {
      SEXTANT_TRY(decoder.positions_, positions());
    }
    if (!config_.tied_embeddings) {
      SEXTANT_TRY(decoder.head_, matrix(weight(layout_.head)));
    }
    decoder.final_norm_ = norm(std::string(layout_.final_norm));
    // Only Llama's rows are permuted in GGUF files; Qwen2's are not.
    if (gguf_ && config_.family == "llama") {
      query_order_ = half_split_order(config_.heads, config_.head_dim);
      key_order_ = half_split_order(config_.kv_heads, config_.head_dim);
    }
    decoder.layers_.resize(static_cast<size_t>(config_.layers));
    for (int64_t i = 0; i < config_.layers; ++i) {
      Decoder::Layer& layer = decoder.layers_[static_cast<size_t>(i)];
      SEXTANT_TRY_VOID(load_attention(i, layer));
      SEXTANT_TRY_VOID(load_feed_forward(i, layer));
    }
    return decoder;
  }

 private:
  std::string part(int64_t layer, std::string_view name) const {
    return sextant::format(layout_.layer, layer) + std::string(name);
  }
  static std::string weight(std::string_view name) { return std::string(name) + ".weight"; }
  static std::string bias(std::string_view name) { return std::string(name) + ".bias"; }

  void declare(io::WeightMap& map, const std::string& name, Shape shape,
               bool required = true) const {
    map.add({.name = name,
             .shape = std::move(shape),
             .aliases = aliases_of(layout_, name),
             .required = required});
  }

  void declare_norm(io::WeightMap& map, const std::string& name) const {
    declare(map, weight(name), {config_.dim});
    if (config_.norm == NormKind::kLayer) {
      declare(map, bias(name), {config_.dim});
    }
  }

  void declare_matrix(io::WeightMap& map, const std::string& name, Shape shape,
                      bool with_bias) const {
    if (with_bias) {
      declare(map, bias(name), {shape[0]});
    }
    if (layout_.turned) {
      std::swap(shape[0], shape[1]);
    }
    declare(map, weight(name), std::move(shape));
  }

  void declare_layer(io::WeightMap& map, int64_t i) const {
    const DecoderConfig& c = config_;
    declare_norm(map, part(i, layout_.attention_norm));
    declare_norm(map, part(i, layout_.ffn_norm));
    if (!layout_.fused.empty()) {
      declare_matrix(map, part(i, layout_.fused), {c.q_dim() + 2 * c.kv_dim(), c.dim}, c.qkv_bias);
    } else {
      declare_matrix(map, part(i, layout_.query), {c.q_dim(), c.dim}, c.qkv_bias);
      declare_matrix(map, part(i, layout_.key), {c.kv_dim(), c.dim}, c.qkv_bias);
      declare_matrix(map, part(i, layout_.value), {c.kv_dim(), c.dim}, c.qkv_bias);
    }
    declare_matrix(map, part(i, layout_.output), {c.dim, c.q_dim()}, c.output_bias);
    if (c.feed_forward == FeedForward::kSwiGlu) {
      declare_matrix(map, part(i, layout_.gate), {c.ffn_dim, c.dim}, false);
    }
    declare_matrix(map, part(i, layout_.up), {c.ffn_dim, c.dim}, c.ffn_bias);
    declare_matrix(map, part(i, layout_.down), {c.dim, c.ffn_dim}, c.ffn_bias);
  }

  Result<io::Weights> bind() const {
    const DecoderConfig& c = config_;
    io::WeightMap map("lm/weights");
    declare(map, weight(layout_.embedding), {c.vocab_size, c.dim});
    if (c.positions == PositionKind::kLearned) {
      declare(map, weight(layout_.positions), {c.max_positions + layout_.unused_positions, c.dim});
    }
    declare_norm(map, std::string(layout_.final_norm));
    // Some files hold a tied one twice.
    declare(map, weight(layout_.head), {c.vocab_size, c.dim}, !c.tied_embeddings);
    for (int64_t i = 0; i < c.layers; ++i) {
      declare_layer(map, i);
    }
    for (const std::string_view pattern : kIgnored) {
      map.ignore(std::string(pattern));
    }
    return map.bind(source_);
  }

  Result<kernels::WeightMatrix> pack(const std::string& tensor, const TensorView& view,
                                     std::span<const int64_t> row_order = {}) {
    auto packed = kernels::WeightMatrix::pack(view, pool_, row_order);
    if (!packed) {
      return with_context(packed.error(), "tensor \"" + tensor + "\"");
    }
    return packed;
  }

  Result<kernels::WeightMatrix> matrix(const std::string& tensor,
                                       std::span<const int64_t> row_order = {}) {
    const TensorView& view = weights_.at(tensor);
    auto packed = pack(tensor, view, row_order);
    source_.release_pages(view);
    return packed;
  }

  // A part of a layer, whichever way round it lies in the file.
  Result<kernels::WeightMatrix> part_matrix(const std::string& name,
                                            std::span<const int64_t> row_order = {}) {
    if (!layout_.turned) {
      return matrix(weight(name), row_order);
    }
    std::vector<std::byte> buffer;
    SEXTANT_TRY(const TensorView view, turned(weight(name), buffer));
    return pack(weight(name), view, row_order);
  }

  // The tensor [in, out] as [out, in], in `buffer`.
  Result<TensorView> turned(const std::string& tensor, std::vector<std::byte>& buffer) const {
    const TensorView& view = weights_.at(tensor);
    if (is_quantised(view.dtype)) {
      return fail(
          ErrorCode::kUnsupported,
          "[lm/weights] tensor \"{}\": expected F32, F16 or BF16 (it is stored by columns), "
          "found {}",
          tensor, to_string(view.dtype));
    }
    switch (info(view.dtype).block_bytes) {
      case 1:
        turn<uint8_t>(view, buffer);
        break;
      case 2:
        turn<uint16_t>(view, buffer);
        break;
      case 4:
        turn<uint32_t>(view, buffer);
        break;
      default:
        turn<uint64_t>(view, buffer);
    }
    source_.release_pages(view);
    return TensorView{buffer.data(), view.dtype, {view.shape[1], view.shape[0]}, {}};
  }

  static TensorView rows_of(const TensorView& view, int64_t first, int64_t count) {
    const int64_t row_bytes =
        view.shape[1] / info(view.dtype).block_size * info(view.dtype).block_bytes;
    return {view.data + first * row_bytes, view.dtype, {count, view.shape[1]}, {}};
  }

  Result<kernels::WeightMatrix> positions() {
    const std::string name = weight(layout_.positions);
    return pack(name, rows_of(weights_.at(name), layout_.unused_positions, config_.max_positions));
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

  Decoder::Norm norm(const std::string& name) const {
    return {vector(weight(name)),
            config_.norm == NormKind::kLayer ? vector(bias(name)) : std::vector<float>()};
  }

  Result<void> load_attention(int64_t i, Decoder::Layer& layer) {
    layer.attention_norm = norm(part(i, layout_.attention_norm));
    if (!layout_.fused.empty()) {
      SEXTANT_TRY_VOID(load_fused(part(i, layout_.fused), layer));
    } else {
      SEXTANT_TRY(layer.query, part_matrix(part(i, layout_.query), query_order_));
      SEXTANT_TRY(layer.key, part_matrix(part(i, layout_.key), key_order_));
      SEXTANT_TRY(layer.value, part_matrix(part(i, layout_.value)));
      if (config_.qkv_bias) {
        layer.query_bias = vector(bias(part(i, layout_.query)), query_order_);
        layer.key_bias = vector(bias(part(i, layout_.key)), key_order_);
        layer.value_bias = vector(bias(part(i, layout_.value)));
      }
    }
    SEXTANT_TRY(layer.output, part_matrix(part(i, layout_.output)));
    if (config_.output_bias) {
      layer.output_bias = vector(bias(part(i, layout_.output)));
    }
    return {};
  }

  // Query, key and value that lie in one tensor, [in, out] (GPT-2's).
  Result<void> load_fused(const std::string& name, Decoder::Layer& layer) {
    std::vector<std::byte> buffer;
    SEXTANT_TRY(const TensorView all, turned(weight(name), buffer));
    const std::vector<float> biases = vector(bias(name));
    kernels::WeightMatrix* const matrices[] = {&layer.query, &layer.key, &layer.value};
    std::vector<float>* const parts[] = {&layer.query_bias, &layer.key_bias, &layer.value_bias};
    int64_t first = 0;
    for (size_t m = 0; m < 3; ++m) {
      const int64_t count = m == 0 ? config_.q_dim() : config_.kv_dim();
      SEXTANT_TRY(*matrices[m], pack(weight(name), rows_of(all, first, count)));
      parts[m]->assign(biases.begin() + first, biases.begin() + first + count);
      first += count;
    }
    return {};
  }

  Result<void> load_feed_forward(int64_t i, Decoder::Layer& layer) {
    layer.ffn_norm = norm(part(i, layout_.ffn_norm));
    if (config_.feed_forward == FeedForward::kSwiGlu) {
      SEXTANT_TRY(layer.gate, part_matrix(part(i, layout_.gate)));
    }
    SEXTANT_TRY(layer.up, part_matrix(part(i, layout_.up)));
    SEXTANT_TRY(layer.down, part_matrix(part(i, layout_.down)));
    if (config_.ffn_bias) {
      layer.up_bias = vector(bias(part(i, layout_.up)));
      layer.down_bias = vector(bias(part(i, layout_.down)));
    }
    return {};
  }

  const io::TensorSource& source_;
  const DecoderConfig& config_;
  ThreadPool& pool_;
  bool gguf_;
  const Layout& layout_;
  io::Weights weights_;
  std::vector<int64_t> query_order_, key_order_;
};

Result<Decoder> Decoder::load(const io::TensorSource& source, const DecoderConfig& config,
                              ThreadPool& pool) {
  SEXTANT_TRY_VOID(check_shape(config));
  return DecoderLoader(source, config, pool).load();
}

std::vector<std::string> embedding_names(const DecoderConfig& config, bool gguf) {
  const Layout& layout = layout_of(config, gguf);
  std::vector<std::string> names = {std::string(layout.embedding) + ".weight"};
  for (std::string& alias : aliases_of(layout, names.front())) {
    names.push_back(std::move(alias));
  }
  return names;
}

}  // namespace sextant::lm
