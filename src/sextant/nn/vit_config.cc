#include "sextant/nn/vit_config.h"

#include <string_view>

#include "sextant/io/hf_folder.h"

namespace sextant::nn {
namespace {

// Limits on what a file may ask for: far above every published model, far below overflow.
constexpr int64_t kMaxExtent = int64_t{1} << 20;
constexpr int64_t kMaxImage = 4096;
constexpr int64_t kMaxLayers = 1000;
constexpr size_t kMaxLabels = 65536;

Failure wrong(std::string_view field, std::string_view expected, const Json& found,
              ErrorCode code = ErrorCode::kDataLoss) {
  const std::string text = found.dump(-1, ' ', false, Json::error_handler_t::replace);
  return fail(code, "[nn/vit] \"{}\": expected {}, found {} (config.json)", field, expected,
              printable(text, 60));
}

// The field, or null where it is missing or null in the file.
const Json& get(const Json& object, const char* name) {
  static const Json kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

Result<int64_t> integer(const Json& object, const char* name, int64_t missing, int64_t max) {
  const Json& value = get(object, name);
  if (value.is_null()) {
    return missing;
  }
  // From 2^63 on get<int64_t> would wrap.
  if (!value.is_number_integer() || value.get<double>() < 1 ||
      value.get<double>() > static_cast<double>(max)) {
    return wrong(name, sextant::format("a whole number from 1 to {}", max), value);
  }
  return value.get<int64_t>();
}

// A side of a square: a number, or a pair of the same number twice.
Result<int64_t> side(const Json& object, const char* name, int64_t missing, int64_t max) {
  const Json& value = get(object, name);
  if (!value.is_array()) {
    return integer(object, name, missing, max);
  }
  if (value.size() != 2 || value[0] != value[1]) {
    return wrong(name, "a square", value, ErrorCode::kUnsupported);
  }
  return integer({{name, value[0]}}, name, missing, max);
}

// {"0": "bad", "1": "good"}: every index from 0 on, once.
Result<std::vector<std::string>> labels_of(const Json& config) {
  const Json& map = get(config, "id2label");
  std::vector<std::string> labels;
  if (map.is_null()) {
    return labels;
  }
  if (!map.is_object() || map.size() < 1 || map.size() > kMaxLabels) {
    return wrong("id2label", "an object from index to name", map);
  }
  for (size_t i = 0; i < map.size(); ++i) {
    const Json& name = get(map, std::to_string(i).c_str());
    if (!name.is_string()) {
      return wrong("id2label", sextant::format("a name for index {}", i), map);
    }
    labels.push_back(name.get<std::string>());
  }
  return labels;
}

Result<void> check_kind(const Json& config) {
  if (const Json& type = get(config, "model_type"); type != "vit") {
    return wrong("model_type", "\"vit\"", type, ErrorCode::kUnsupported);
  }
  if (const Json& bias = get(config, "qkv_bias"); !bias.is_null() && bias != true) {
    return wrong("qkv_bias", "true", bias, ErrorCode::kUnsupported);
  }
  if (const Json& problem = get(config, "problem_type");
      !problem.is_null() && problem != "single_label_classification") {
    return wrong("problem_type", "single_label_classification", problem, ErrorCode::kUnsupported);
  }
  return {};
}

Result<void> check_whole(const VitConfig& c) {
  if (c.dim % c.heads != 0) {
    return wrong("num_attention_heads", sextant::format("a divisor of the width {}", c.dim),
                 c.heads);
  }
  if (c.image % c.patch != 0) {
    return wrong("patch_size", sextant::format("a divisor of the side {}", c.image), c.patch,
                 ErrorCode::kUnsupported);
  }
  return {};
}

}  // namespace

int64_t VitConfig::parameters() const {
  const int64_t layer = 4 * dim * (dim + 1) + 2 * dim * ffn + ffn + dim + 4 * dim;
  const int64_t embeddings =
      dim * (channels * patch * patch + 1) + (patches() + 1) * dim + dim;  // with the class token
  return embeddings + layers * layer + 2 * dim + classes * (dim + 1);
}

void declare(Settings& s, VitConfig& c) {
  std::string form = "vit";
  s.choice("form", form, {"vit"});
  s.integer("image", c.image, 1, kMaxImage);
  s.integer("patch", c.patch, 1, kMaxImage);
  s.integer("channels", c.channels, 1, 3);
  s.integer("dim", c.dim, 1, kMaxExtent);
  s.integer("layers", c.layers, 1, kMaxLayers);
  s.integer("heads", c.heads, 1, 1024);
  s.integer("ffn", c.ffn, 1, kMaxExtent);
  s.choice("activation", c.activation, {"gelu", "gelu_new", "relu", "silu"});
  s.number("norm_eps", c.norm_eps, 0, 1);
  s.choice("init", c.init, {"normal", "local"});
  s.number("init_std", c.init_std, 0, 10);
  s.require(c.dim % c.heads == 0, "a dim that the heads divide");
  s.require(c.image % c.patch == 0, "an image that the patch divides");
  s.require(c.init != "local" || c.dim % 4 == 0, "a dim that 4 divides with init local");
  s.require(c.channels != 2, "1 channel (grey) or 3");
}

OrderedJson hf_config(const VitConfig& c) {
  OrderedJson names = OrderedJson::object();
  OrderedJson indices = OrderedJson::object();
  for (size_t i = 0; i < c.labels.size(); ++i) {
    names[std::to_string(i)] = c.labels[i];
    indices[c.labels[i]] = i;
  }
  return {{"architectures", {"ViTForImageClassification"}},
          {"model_type", "vit"},
          {"image_size", c.image},
          {"patch_size", c.patch},
          {"num_channels", c.channels},
          {"hidden_size", c.dim},
          {"num_hidden_layers", c.layers},
          {"num_attention_heads", c.heads},
          {"intermediate_size", c.ffn},
          {"hidden_act", c.activation},
          {"hidden_dropout_prob", 0.0},
          {"attention_probs_dropout_prob", 0.0},
          {"layer_norm_eps", c.norm_eps},
          {"initializer_range", c.init_std},
          {"qkv_bias", true},
          {"id2label", std::move(names)},
          {"label2id", std::move(indices)},
          {"torch_dtype", "float32"}};
}

Result<VitConfig> vit_config_from_hf(const Json& config) {
  if (!config.is_object()) {
    return fail(ErrorCode::kDataLoss, "[nn/vit] expected an object, found {} (config.json)",
                config.type_name());
  }
  SEXTANT_TRY_VOID(check_kind(config));
  VitConfig c;
  // What the file leaves out is that of transformers' ViTConfig.
  SEXTANT_TRY(c.image, side(config, "image_size", 224, kMaxImage));
  SEXTANT_TRY(c.patch, side(config, "patch_size", 16, kMaxImage));
  SEXTANT_TRY(c.channels, integer(config, "num_channels", 3, 3));
  SEXTANT_TRY(c.dim, integer(config, "hidden_size", 768, kMaxExtent));
  SEXTANT_TRY(c.layers, integer(config, "num_hidden_layers", 12, kMaxLayers));
  SEXTANT_TRY(c.heads, integer(config, "num_attention_heads", 12, 1024));
  SEXTANT_TRY(c.ffn, integer(config, "intermediate_size", 3072, kMaxExtent));
  const Json& activation = get(config, "hidden_act");
  c.activation = activation.is_string() ? activation.get<std::string>() : "gelu";
  if (c.activation != "gelu" && c.activation != "gelu_new" && c.activation != "relu" &&
      c.activation != "silu") {
    return wrong("hidden_act", "gelu, gelu_new, relu or silu", activation, ErrorCode::kUnsupported);
  }
  if (const Json& eps = get(config, "layer_norm_eps"); !eps.is_null()) {
    if (!eps.is_number() || !(eps.get<double>() >= 0) || !(eps.get<double>() < 1)) {
      return wrong("layer_norm_eps", "a number from 0 up to 1", eps);
    }
    c.norm_eps = eps.get<double>();
  }
  SEXTANT_TRY(c.labels, labels_of(config));
  c.classes = c.labels.empty() ? 2 : static_cast<int64_t>(c.labels.size());
  SEXTANT_TRY_VOID(check_whole(c));
  return c;
}

Result<VitConfig> read_vit_config(const std::filesystem::path& folder) {
  SEXTANT_TRY(const auto text, io::read_folder_file(folder, "config.json"));
  if (!text) {
    return fail(ErrorCode::kNotFound, "[nn/vit] {}: expected a config.json, found none",
                folder.string());
  }
  SEXTANT_TRY(const Json config, parse_json(*text, "config.json"));
  auto read = vit_config_from_hf(config);
  return read ? std::move(read) : with_context(read.error(), "in " + folder.string());
}

}  // namespace sextant::nn
