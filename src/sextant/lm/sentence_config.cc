#include "sextant/lm/sentence_config.h"

#include <string_view>

#include "sextant/io/plain_name.h"

namespace sextant::lm {
namespace {

Failure unexpected(ErrorCode code, std::string_view what, std::string_view expected,
                   const Json& found) {
  const std::string text = found.dump(-1, ' ', false, Json::error_handler_t::replace);
  return fail(code, "[lm/sentence] {}: expected {}, found {}", what, expected,
              text.size() > 60 ? text.substr(0, 57) + "..." : text);
}

std::string_view string_field(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get_ref<const std::string&>()
                                                     : std::string_view();
}

// A folder inside the model's, not a way out of it.
bool is_folder_name(std::string_view name) {
  return io::is_plain_name(name) && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos;
}

}  // namespace

Result<SentenceModules> sentence_modules_from_json(const Json& modules) {
  if (!modules.is_array()) {
    return unexpected(ErrorCode::kDataLoss, "modules.json", "a list of modules", modules);
  }
  SentenceModules out;
  for (size_t i = 0; i < modules.size(); ++i) {
    const Json& module = modules[i];
    if (!module.is_object()) {
      return unexpected(ErrorCode::kDataLoss, "modules.json", "objects with a type", module);
    }
    const std::string_view type = string_field(module, "type");
    const std::string_view path = string_field(module, "path");
    if (i == 0 && type.ends_with(".Transformer") && path.empty()) {
      continue;
    }
    if (i == 1 && type.ends_with(".Pooling")) {
      if (!is_folder_name(path)) {
        return unexpected(ErrorCode::kDataLoss, "modules.json",
                          "a folder beside it for the pooling", module);
      }
      out.pooling_folder = path;
    } else if (i == 2 && type.ends_with(".Normalize")) {
      out.normalise = true;
    } else {
      return unexpected(ErrorCode::kUnsupported, sextant::format("modules.json, module {}", i),
                        "a transformer at \"\", a pooling, a normalisation, in this order", module);
    }
  }
  return out;
}

Result<Pooling> pooling_from_json(const Json& config) {
  constexpr std::string_view kPrefix = "pooling_mode_";
  constexpr std::string_view kMean = "pooling_mode_mean_tokens";
  constexpr std::string_view kFirst = "pooling_mode_cls_token";
  if (!config.is_object()) {
    return unexpected(ErrorCode::kDataLoss, "pooling config.json", "an object", config);
  }
  std::optional<std::string_view> chosen;
  for (const auto& [key, value] : config.items()) {
    if (!key.starts_with(kPrefix) || value == false) {
      continue;
    }
    if (chosen || value != true || (key != kMean && key != kFirst)) {
      return unexpected(ErrorCode::kUnsupported, "pooling config.json",
                        sextant::format("{} or {} alone", kMean, kFirst), config);
    }
    chosen = key == kMean ? kMean : kFirst;
  }
  if (!chosen) {
    return unexpected(ErrorCode::kUnsupported, "pooling config.json",
                      sextant::format("{} or {}", kMean, kFirst), config);
  }
  return chosen == kMean ? Pooling::kMean : Pooling::kFirst;
}

Result<std::optional<int64_t>> sentence_length_from_json(const Json& config) {
  if (!config.is_object()) {
    return unexpected(ErrorCode::kDataLoss, "sentence_bert_config.json", "an object", config);
  }
  if (const auto lower = config.find("do_lower_case"); lower != config.end() && *lower == true) {
    return unexpected(ErrorCode::kUnsupported, "sentence_bert_config.json",
                      "do_lower_case false (the tokenizer's own rule counts)", config);
  }
  const auto length = config.find("max_seq_length");
  if (length == config.end() || length->is_null()) {
    return std::optional<int64_t>();
  }
  if (!length->is_number_integer() || length->get<int64_t>() < 3) {
    return unexpected(ErrorCode::kDataLoss, "sentence_bert_config.json",
                      "max_seq_length as a whole number of at least 3", *length);
  }
  return std::optional<int64_t>(length->get<int64_t>());
}

}  // namespace sextant::lm
