#include "sextant/lm/config.h"

#include <algorithm>
#include <array>
#include <limits>

#include "sextant/base/checked.h"
#include "sextant/lm/config_fields.h"
#include "sextant/lm/config_forms.h"

namespace sextant::lm {
namespace {

struct RopeName {
  std::string_view name;
  RopeType type;
};
constexpr std::array kRopeNames = {
    RopeName{"default", RopeType::kDefault}, RopeName{"none", RopeType::kDefault},
    RopeName{"linear", RopeType::kLinear},   RopeName{"dynamic", RopeType::kDynamic},
    RopeName{"yarn", RopeType::kYarn},       RopeName{"llama3", RopeType::kLlama3},
};

Result<RopeType> rope_type_named(const std::string& name) {
  for (const RopeName& entry : kRopeNames) {
    if (entry.name == name) {
      return entry.type;
    }
  }
  return fail(ErrorCode::kUnsupported,
              "[lm/config] RoPE scaling: expected default, linear, dynamic, yarn or llama3, found "
              "\"{}\"",
              name);
}

// Older files have rope_theta beside a rope_scaling object ("type" or "rope_type"), newer ones
// everything in rope_parameters.
Result<RopeConfig> rope_from_hf(const Json& config) {
  RopeConfig rope;
  SEXTANT_TRY(rope.theta, number(config, "rope_theta", 10000.0));
  const Json* scaling = get(config, "rope_parameters");
  scaling = scaling != nullptr ? scaling : get(config, "rope_scaling");
  if (scaling == nullptr) {
    return rope;
  }
  if (!scaling->is_object()) {
    return bad_field("rope_scaling", "an object", *scaling);
  }
  const Json* name = get(*scaling, "rope_type");
  name = name != nullptr ? name : get(*scaling, "type");
  if (name != nullptr && !name->is_string()) {
    return bad_field("rope_type", "a string", *name);
  }
  if (name != nullptr) {
    SEXTANT_TRY(rope.type, rope_type_named(name->get<std::string>()));
  }
  SEXTANT_TRY(rope.theta, number(*scaling, "rope_theta", rope.theta));
  SEXTANT_TRY(rope.factor, number(*scaling, "factor", 1.0));
  SEXTANT_TRY(rope.original_max_positions,
              number(*scaling, "original_max_position_embeddings", 0.0));
  SEXTANT_TRY(rope.low_freq_factor, number(*scaling, "low_freq_factor", 1.0));
  SEXTANT_TRY(rope.high_freq_factor, number(*scaling, "high_freq_factor", 4.0));
  SEXTANT_TRY(rope.beta_fast, number(*scaling, "beta_fast", 32.0));
  SEXTANT_TRY(rope.beta_slow, number(*scaling, "beta_slow", 1.0));
  SEXTANT_TRY(rope.truncate, flag(*scaling, "truncate", true));
  SEXTANT_TRY(rope.mscale, number(*scaling, "mscale", 0.0));
  SEXTANT_TRY(rope.mscale_all_dim, number(*scaling, "mscale_all_dim", 0.0));
  if (get(*scaling, "attention_factor") != nullptr) {
    SEXTANT_TRY(rope.attention_factor, number(*scaling, "attention_factor", 1.0));
  }
  SEXTANT_TRY(const double partial, number(*scaling, "partial_rotary_factor", 1.0));
  if (partial != 1.0) {
    return fail(ErrorCode::kUnsupported,
                "[lm/config] partial_rotary_factor: expected 1, found {} (config.json)", partial);
  }
  return rope;
}

// What every RoPE formula needs to stay finite.
Result<void> check_rope(const RopeConfig& rope) {
  const bool finite = rope.theta > 1.0 && rope.factor > 0.0 && rope.low_freq_factor > 0.0 &&
                      rope.high_freq_factor > rope.low_freq_factor && rope.beta_fast > 0.0 &&
                      rope.beta_slow > 0.0;
  if (!finite) {
    return fail(ErrorCode::kDataLoss,
                "[lm/config] RoPE: expected theta > 1, factor > 0, low < high frequency factor, "
                "found theta {}, factor {}, {} and {}",
                rope.theta, rope.factor, rope.low_freq_factor, rope.high_freq_factor);
  }
  return {};
}

// Sliding windows per layer: Mistral has one for all, Qwen2 a list of layer types or a first layer.
Result<std::vector<int64_t>> windows_from_hf(const Json& config, const DecoderConfig& c) {
  std::vector<int64_t> windows(static_cast<size_t>(c.layers), 0);
  if (c.family == "llama" || get(config, "sliding_window") == nullptr) {
    return windows;
  }
  SEXTANT_TRY(const int64_t window,
              integer(config, "sliding_window", {}, std::numeric_limits<int32_t>::max()));
  SEXTANT_TRY(const bool use, flag(config, "use_sliding_window", c.family == "mistral"));
  if (!use) {
    return windows;
  }
  if (const Json* types = get(config, "layer_types")) {
    if (!types->is_array() || types->size() != windows.size()) {
      return bad_field("layer_types", sextant::format("a list of {}", windows.size()), *types);
    }
    for (size_t i = 0; i < windows.size(); ++i) {
      windows[i] = (*types)[i] == "sliding_attention" ? window : 0;
    }
    return windows;
  }
  int64_t first = 0;
  if (c.family == "qwen2") {
    SEXTANT_TRY(const double given, number(config, "max_window_layers", 28));
    first = static_cast<int64_t>(std::min(given, static_cast<double>(c.layers)));
  }
  std::fill(windows.begin() + first, windows.end(), window);
  return windows;
}

Result<DecoderConfig> llama_form(const Json& config, std::string family) {
  DecoderConfig c;
  c.family = std::move(family);
  if (const Json* act = get(config, "hidden_act"); act != nullptr && *act != "silu") {
    return bad_field("hidden_act", "\"silu\"", *act);
  }
  SEXTANT_TRY(c.vocab_size, integer(config, "vocab_size", {}));
  SEXTANT_TRY(c.dim, integer(config, "hidden_size", {}));
  SEXTANT_TRY(c.layers, integer(config, "num_hidden_layers", {}, kMaxLayers));
  SEXTANT_TRY(c.heads, integer(config, "num_attention_heads", {}));
  SEXTANT_TRY(c.kv_heads, integer(config, "num_key_value_heads", c.heads));
  SEXTANT_TRY(c.head_dim, integer(config, "head_dim", std::max<int64_t>(1, c.dim / c.heads)));
  SEXTANT_TRY(c.ffn_dim, integer(config, "intermediate_size", {}));
  SEXTANT_TRY(c.max_positions, integer(config, "max_position_embeddings", 2048,
                                       std::numeric_limits<int32_t>::max()));
  SEXTANT_TRY(const double eps, number(config, "rms_norm_eps", 1e-6));
  c.norm_eps = static_cast<float>(eps);
  SEXTANT_TRY(c.tied_embeddings, flag(config, "tie_word_embeddings", false));
  SEXTANT_TRY(const bool bias, flag(config, "attention_bias", false));
  SEXTANT_TRY(const bool mlp_bias, flag(config, "mlp_bias", false));
  if (mlp_bias) {
    return fail(ErrorCode::kUnsupported,
                "[lm/config] mlp_bias: expected false, found true (config.json)");
  }
  c.qkv_bias = bias || c.family == "qwen2";
  c.output_bias = bias && c.family == "llama";
  SEXTANT_TRY(c.rope, rope_from_hf(config));
  SEXTANT_TRY(c.window, windows_from_hf(config, c));
  return c;
}

struct Family {
  std::string_view name;
  Result<DecoderConfig> (*read)(const Json& config, std::string family);
};

// One line a model_type.
constexpr std::array kFamilies = {
    Family{"llama", llama_form}, Family{"mistral", llama_form}, Family{"qwen2", llama_form},
    Family{"gpt2", gpt2_form},   Family{"opt", opt_form},
};

}  // namespace

Result<void> check_shape(const DecoderConfig& c) {
  if (c.vocab_size < 1 || c.vocab_size > kMaxExtent) {
    return fail(ErrorCode::kDataLoss, "[lm/config] vocabulary: expected 1 to {} tokens, found {}",
                kMaxExtent, c.vocab_size);
  }
  if (c.heads % c.kv_heads != 0) {
    return fail(ErrorCode::kDataLoss,
                "[lm/config] heads: expected a multiple of the {} key-value heads, found {}",
                c.kv_heads, c.heads);
  }
  // The attention kernel reads heads in steps of eight.
  if (c.head_dim % 8 != 0) {
    return fail(ErrorCode::kDataLoss, "[lm/config] head_dim: expected a multiple of 8, found {}",
                c.head_dim);
  }
  // Widths stay far below overflow in every product of sizes later on.
  const auto q = checked_mul(c.heads, c.head_dim);
  if (!q || *q > kMaxExtent) {
    return fail(ErrorCode::kDataLoss,
                "[lm/config] heads: expected {} at most in all, found {} x {}", kMaxExtent, c.heads,
                c.head_dim);
  }
  if (!(c.norm_eps >= 0.0f) || !(c.norm_eps < 1.0f)) {
    return fail(ErrorCode::kDataLoss, "[lm/config] norm epsilon: expected 0 up to 1, found {}",
                c.norm_eps);
  }
  return c.positions == PositionKind::kRotary ? check_rope(c.rope) : Result<void>();
}

Result<std::vector<int32_t>> token_ids(const Json& object, std::string_view name) {
  std::vector<int32_t> ids;
  const Json* value = get(object, name);
  if (value == nullptr) {
    return ids;
  }
  const Json list = value->is_array() ? *value : Json::array({*value});
  for (const Json& id : list) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > kMaxExtent) {
      return bad_field(name, "a token id or a list of them", *value);
    }
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

std::vector<std::string> decoder_families() {
  std::vector<std::string> names;
  for (const Family& family : kFamilies) {
    names.emplace_back(family.name);
  }
  return names;
}

Result<DecoderConfig> config_from_hf(const Json& config) {
  if (!config.is_object()) {
    return bad_field("config.json", "an object", config);
  }
  const Json* type = get(config, "model_type");
  if (type == nullptr || !type->is_string()) {
    return fail(ErrorCode::kDataLoss,
                "[lm/config] \"model_type\": expected a string, found none (config.json)");
  }
  const auto name = type->get<std::string>();
  const auto* family = std::find_if(kFamilies.begin(), kFamilies.end(),
                                    [&](const Family& each) { return each.name == name; });
  if (family == kFamilies.end()) {
    return fail(ErrorCode::kUnsupported,
                "[lm/config] model_type: expected llama, mistral, qwen2, gpt2 or opt, found \"{}\" "
                "(config.json)",
                name);
  }
  SEXTANT_TRY(DecoderConfig c, family->read(config, name));
  SEXTANT_TRY(c.eos, token_ids(config, "eos_token_id"));
  SEXTANT_TRY(const auto bos, token_ids(config, "bos_token_id"));
  if (!bos.empty()) {
    c.bos = bos.front();
  }
  SEXTANT_TRY_VOID(check_shape(c));
  return c;
}

}  // namespace sextant::lm
