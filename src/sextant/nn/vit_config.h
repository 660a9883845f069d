// The shape of a ViT image classifier (Dosovitskiy et al. 2021), with the field names of
// transformers' ViTForImageClassification in config.json. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/base/settings.h"

namespace sextant::nn {

struct VitConfig {
  int64_t image = 28;  // side of the square picture
  int64_t patch = 4;
  int64_t channels = 1;
  int64_t classes = 10;
  int64_t dim = 64;
  int64_t layers = 4;
  int64_t heads = 4;
  int64_t ffn = 128;
  std::string activation = "gelu";
  double norm_eps = 1e-12;
  // How fresh weights are drawn: "normal", with init_std; or "local" (after Trockman and Kolter
  // 2023): positions as waves and keys equal to queries, so that a patch looks at its neighbours
  // first.
  std::string init = "normal";
  double init_std = 0.02;
  std::vector<std::string> labels = {};  // names of the classes by index; empty where unknown

  int64_t patches() const { return (image / patch) * (image / patch); }
  int64_t parameters() const;
};

// Declares the keys of a recipe's [model] table; `labels` and `classes` come with the data.
void declare(Settings& settings, VitConfig& config);

OrderedJson hf_config(const VitConfig& config);

// Reads config.json of a folder. Errors: kDataLoss (a field of the wrong type, missing or out of
// range, named), kUnsupported (another model_type, or what this network has not).
Result<VitConfig> vit_config_from_hf(const Json& config);
// The same of a model's folder. Errors beside these: kNotFound and those of JSON.
Result<VitConfig> read_vit_config(const std::filesystem::path& folder);

}  // namespace sextant::nn
