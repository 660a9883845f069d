// Weights of a BERT-form encoder by their Hugging Face names.
#include "sextant/base/format.h"
#include "sextant/io/dequantise.h"
#include "sextant/io/weight_map.h"
#include "sextant/lm/bert.h"

namespace sextant::lm {
namespace {

// "LayerNorm.gamma" is what the first BERT files call "LayerNorm.weight".
std::string old_name(const std::string& name) {
  const auto swap_end = [&](std::string_view end, std::string_view old_end) {
    return name.ends_with(end) ? name.substr(0, name.size() - end.size()) + std::string(old_end)
                               : std::string();
  };
  const std::string gamma = swap_end("LayerNorm.weight", "LayerNorm.gamma");
  return gamma.empty() ? swap_end("LayerNorm.bias", "LayerNorm.beta") : gamma;
}

}  // namespace

class BertLoader {
 public:
  BertLoader(const io::TensorSource& source, const nn::BertConfig& config, ThreadPool& pool)
      : source_(source), config_(config), pool_(pool) {}

  Result<Bert> load() {
    SEXTANT_TRY(weights_, bind());
    Bert bert;
    bert.config_ = config_;
    SEXTANT_TRY(bert.words_, matrix("embeddings.word_embeddings.weight"));
    bert.positions_ = vector("embeddings.position_embeddings.weight");
    bert.types_ = vector("embeddings.token_type_embeddings.weight");
    bert.embedding_norm_ = norm("embeddings.LayerNorm");
    bert.layers_.resize(static_cast<size_t>(config_.layers));
    for (int64_t i = 0; i < config_.layers; ++i) {
      SEXTANT_TRY_VOID(load_layer(i, bert.layers_[static_cast<size_t>(i)]));
    }
    if (weights_.find("classifier.weight") != nullptr) {
      SEXTANT_TRY(bert.pooler_, dense("pooler.dense"));
      SEXTANT_TRY(bert.classifier_, matrix("classifier.weight"));
      bert.classifier_bias_ = vector("classifier.bias");
    }
    return bert;
  }

 private:
  static std::string part(int64_t layer, std::string_view name) {
    return sextant::format("encoder.layer.{}.{}", layer, name);
  }

  // A tensor with the names that files give it.
  static void add(io::WeightMap& map, const std::string& name, Shape shape, bool required = true) {
    std::vector<std::string> aliases = {"bert." + name};
    if (const std::string old = old_name(name); !old.empty()) {
      aliases.push_back(old);
      aliases.push_back("bert." + old);
    }
    map.add({.name = name,
             .shape = std::move(shape),
             .aliases = std::move(aliases),
             .required = required});
  }

  static void add_pair(io::WeightMap& map, const std::string& name, const Shape& shape,
                       bool required = true) {
    add(map, name + ".weight", shape, required);
    add(map, name + ".bias", {shape.front()}, required);
  }

  Result<io::Weights> bind() const {
    const nn::BertConfig& c = config_;
    io::WeightMap map("lm/bert");
    add(map, "embeddings.word_embeddings.weight", {c.vocab_size, c.dim});
    add(map, "embeddings.position_embeddings.weight", {c.max_positions, c.dim});
    add(map, "embeddings.token_type_embeddings.weight", {c.types, c.dim});
    add_pair(map, "embeddings.LayerNorm", {c.dim});
    for (int64_t i = 0; i < c.layers; ++i) {
      for (const char* name : {"attention.self.query", "attention.self.key", "attention.self.value",
                               "attention.output.dense"}) {
        add_pair(map, part(i, name), {c.dim, c.dim});
      }
      add_pair(map, part(i, "attention.output.LayerNorm"), {c.dim});
      add_pair(map, part(i, "intermediate.dense"), {c.ffn_dim, c.dim});
      add_pair(map, part(i, "output.dense"), {c.dim, c.ffn_dim});
      add_pair(map, part(i, "output.LayerNorm"), {c.dim});
    }
    const io::TensorInfo* head = source_.find("classifier.weight");
    add_pair(map, "pooler.dense", {c.dim, c.dim}, head != nullptr);
    if (head != nullptr) {
      // Files whose classes have no names have two or as many as the head has rows.
      int64_t classes = static_cast<int64_t>(c.labels.size());
      if (classes == 0 && !head->shape.empty()) {
        classes = head->shape.front();
      }
      map.add({.name = "classifier.weight", .shape = {classes, c.dim}});
      map.add({.name = "classifier.bias", .shape = {classes}});
    }
    map.ignore("*embeddings.position_ids");  // 0, 1, 2, ...
    map.ignore("cls.*");                     // the heads of pre-training
    return map.bind(source_);
  }

  Result<kernels::WeightMatrix> matrix(const std::string& name) {
    const TensorView& view = weights_.at(name);
    auto packed = kernels::WeightMatrix::pack(view, pool_);
    if (!packed) {
      return with_context(packed.error(), "tensor \"" + name + "\"");
    }
    source_.release_pages(view);
    return packed;
  }

  std::vector<float> vector(const std::string& name) const { return io::to_f32(weights_.at(name)); }

  Bert::Norm norm(const std::string& name) const {
    return {vector(name + ".weight"), vector(name + ".bias")};
  }

  Result<Bert::Dense> dense(const std::string& name) {
    Bert::Dense dense;
    SEXTANT_TRY(dense.weight, matrix(name + ".weight"));
    dense.bias = vector(name + ".bias");
    return dense;
  }

  Result<void> load_layer(int64_t i, Bert::Layer& layer) {
    SEXTANT_TRY(layer.query, dense(part(i, "attention.self.query")));
    SEXTANT_TRY(layer.key, dense(part(i, "attention.self.key")));
    SEXTANT_TRY(layer.value, dense(part(i, "attention.self.value")));
    SEXTANT_TRY(layer.output, dense(part(i, "attention.output.dense")));
    SEXTANT_TRY(layer.up, dense(part(i, "intermediate.dense")));
    SEXTANT_TRY(layer.down, dense(part(i, "output.dense")));
    layer.attention_norm = norm(part(i, "attention.output.LayerNorm"));
    layer.output_norm = norm(part(i, "output.LayerNorm"));
    return {};
  }

  const io::TensorSource& source_;
  const nn::BertConfig& config_;
  ThreadPool& pool_;
  io::Weights weights_;
};

Result<Bert> Bert::load(const io::TensorSource& source, const nn::BertConfig& config,
                        ThreadPool& pool) {
  return BertLoader(source, config, pool).load();
}

}  // namespace sextant::lm
