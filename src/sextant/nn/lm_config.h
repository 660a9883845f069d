// Shapes of the trainable language models, with the field names of Hugging Face's config.json, so
// that what is trained runs wherever such folders run. Torch-free: recipes are checked by this
// before LibTorch is opened.
#pragma once

#include <cstdint>
#include <string>

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/base/settings.h"

namespace sextant::nn {

// One shape for three published forms; each uses the fields that its own config.json has.
struct LmConfig {
  std::string form = "gpt2";  // "gpt2", "opt" or "llama"
  int64_t vocab = 256;
  int64_t dim = 192;
  int64_t layers = 4;
  int64_t heads = 4;
  int64_t kv_heads = 4;  // llama
  int64_t ffn = 768;
  int64_t context = 128;  // positions
  std::string activation = "gelu_new";
  double norm_eps = 1e-5;
  double rope_theta = 10000;  // llama
  double init_std = 0.02;
  bool tied = true;

  int64_t head_dim() const { return dim / heads; }
};

// Declares the keys of a recipe's [model] table.
void declare(Settings& settings, LmConfig& config);

// The config.json of a folder with such a model.
OrderedJson hf_config(const LmConfig& config);

}  // namespace sextant::nn
