#include "sextant/nn/bert_config.h"

#include <array>
#include <cmath>
#include <optional>
#include <string_view>

namespace sextant::nn {
namespace {

// Limits on what a file may ask for: far above every published model, far below overflow.
constexpr int64_t kMaxExtent = int64_t{1} << 24;
constexpr int64_t kMaxLayers = 4096;
constexpr size_t kMaxLabels = 65536;

Failure bad_field(std::string_view field, std::string_view expected, const Json& found) {
  const std::string text = found.dump(-1, ' ', false, Json::error_handler_t::replace);
  return fail(ErrorCode::kDataLoss, "[nn/bert] \"{}\": expected {}, found {} (config.json)", field,
              expected, text.size() > 60 ? text.substr(0, 57) + "..." : text);
}

Failure unsupported(std::string_view field, std::string_view expected, const Json& found) {
  Failure failure = bad_field(field, expected, found);
  failure.value().code = ErrorCode::kUnsupported;
  return failure;
}

// The field, or null where it is missing or null in the file.
const Json* get(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<int64_t> integer(const Json& object, std::string_view name, std::optional<int64_t> missing,
                        int64_t max = kMaxExtent) {
  const Json* value = get(object, name);
  if (value == nullptr && missing) {
    return *missing;
  }
  if (value == nullptr || !value->is_number_integer() || value->get<int64_t>() < 1 ||
      value->get<int64_t>() > max) {
    return bad_field(name, sextant::format("a whole number from 1 to {}", max),
                     value == nullptr ? Json("nothing") : *value);
  }
  return value->get<int64_t>();
}

struct ActivationName {
  std::string_view name;
  BertActivation activation;
};
constexpr std::array kActivations = {
    ActivationName{"gelu", BertActivation::kGelu},
    ActivationName{"relu", BertActivation::kRelu},
    ActivationName{"gelu_new", BertActivation::kGeluTanh},
    ActivationName{"gelu_pytorch_tanh", BertActivation::kGeluTanh},
};

Result<BertActivation> activation_of(const Json& config) {
  const Json* value = get(config, "hidden_act");
  if (value == nullptr) {
    return BertActivation::kGelu;
  }
  for (const ActivationName& entry : kActivations) {
    if (*value == entry.name) {
      return entry.activation;
    }
  }
  return unsupported("hidden_act", "gelu, relu, gelu_new or gelu_pytorch_tanh", *value);
}

// {"0": "bad", "1": "good"}: every index from 0 on, once.
Result<std::vector<std::string>> labels_of(const Json& config) {
  std::vector<std::string> labels;
  const Json* map = get(config, "id2label");
  if (map == nullptr) {
    return labels;
  }
  if (!map->is_object() || map->size() > kMaxLabels) {
    return bad_field("id2label", "an object from index to name", *map);
  }
  for (size_t i = 0; i < map->size(); ++i) {
    const Json* name = get(*map, std::to_string(i));
    if (name == nullptr || !name->is_string()) {
      return bad_field("id2label", sextant::format("a name for index {}", i), *map);
    }
    labels.push_back(name->get<std::string>());
  }
  return labels;
}

// What would make another network of the same weights.
Result<void> check_kind(const Json& config) {
  const Json* type = get(config, "model_type");
  if (type == nullptr || *type != "bert") {
    return unsupported("model_type", "\"bert\"", type == nullptr ? Json("nothing") : *type);
  }
  if (const Json* kind = get(config, "position_embedding_type");
      kind != nullptr && *kind != "absolute") {
    return unsupported("position_embedding_type", "\"absolute\"", *kind);
  }
  for (const char* name : {"is_decoder", "add_cross_attention"}) {
    if (const Json* flag = get(config, name); flag != nullptr && *flag != false) {
      return unsupported(name, "false", *flag);
    }
  }
  return {};
}

}  // namespace

Result<BertConfig> bert_config_from_hf(const Json& config) {
  if (!config.is_object()) {
    return bad_field("config.json", "an object", config);
  }
  SEXTANT_TRY_VOID(check_kind(config));
  BertConfig c;
  SEXTANT_TRY(c.vocab_size, integer(config, "vocab_size", {}));
  SEXTANT_TRY(c.dim, integer(config, "hidden_size", {}));
  SEXTANT_TRY(c.layers, integer(config, "num_hidden_layers", {}, kMaxLayers));
  SEXTANT_TRY(c.heads, integer(config, "num_attention_heads", {}));
  SEXTANT_TRY(c.ffn_dim, integer(config, "intermediate_size", {}));
  SEXTANT_TRY(c.max_positions, integer(config, "max_position_embeddings", {}));
  SEXTANT_TRY(c.types, integer(config, "type_vocab_size", 2));
  // The attention kernel reads heads in steps of eight.
  if (c.dim % (8 * c.heads) != 0) {
    return bad_field("num_attention_heads",
                     sextant::format("heads of a multiple of 8 values in a width of {}", c.dim),
                     c.heads);
  }
  if (const Json* eps = get(config, "layer_norm_eps")) {
    if (!eps->is_number() || !(eps->get<double>() >= 0.0) || !(eps->get<double>() < 1.0)) {
      return bad_field("layer_norm_eps", "a number from 0 up to 1", *eps);
    }
    c.norm_eps = eps->get<float>();
  }
  SEXTANT_TRY(c.activation, activation_of(config));
  SEXTANT_TRY(c.labels, labels_of(config));
  if (const Json* problem = get(config, "problem_type")) {
    c.one_label = *problem == "single_label_classification";
  }
  return c;
}

}  // namespace sextant::nn
