// The shape of a decoder-only language model: Llama, Mistral and Qwen2, read from config.json of a
// Hugging Face folder or from the metadata of a GGUF file; GPT-2 and OPT, from config.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"

namespace sextant::io {
class GgufFile;
}

namespace sextant::lm {

enum class RopeType { kDefault, kLinear, kDynamic, kYarn, kLlama3 };

// Rotary position embedding and its scalings, with the names of transformers' rope_scaling.
struct RopeConfig {
  RopeType type = RopeType::kDefault;
  double theta = 10000.0;
  double factor = 1.0;
  double original_max_positions = 0;  // positions of the first training; yarn, llama3
  double low_freq_factor = 1.0;       // llama3
  double high_freq_factor = 4.0;      // llama3
  double beta_fast = 32.0;            // yarn
  double beta_slow = 1.0;             // yarn
  bool truncate = true;               // yarn: correction range in whole dimensions
  // yarn: factor on cos and sin; nothing: 0.1 ln(factor) + 1.
  std::optional<double> attention_factor = {};
  double mscale = 0;          // yarn (DeepSeek form); used where both are set
  double mscale_all_dim = 0;  // yarn
  // Divisors of the inverse frequencies, head_dim / 2 of them (GGUF tensor rope_freqs.weight).
  std::vector<float> freq_divisors = {};
};

enum class NormKind { kRms, kLayer };  // layer norms have biases
// Rotary positions turn queries and keys; learned ones are rows added to the embedding.
enum class PositionKind { kRotary, kLearned };
// down(silu(gate x) * up x), or down(f(up x)).
enum class FeedForward { kSwiGlu, kGelu, kGeluTanh, kRelu };

struct DecoderConfig {
  std::string family;  // a name of decoder_families()
  int64_t vocab_size = 0;
  int64_t dim = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int64_t ffn_dim = 0;
  int64_t max_positions = 0;  // trained context length; learned positions end there
  NormKind norm = NormKind::kRms;
  PositionKind positions = PositionKind::kRotary;
  FeedForward feed_forward = FeedForward::kSwiGlu;
  float attention_scale = 0;  // of the scores; 0 means 1 / sqrt(head_dim)
  float norm_eps = 1e-6f;
  bool tied_embeddings = false;
  bool qkv_bias = false;
  bool output_bias = false;  // attention output projection (Llama's attention_bias)
  bool ffn_bias = false;
  std::vector<int64_t> window;  // per layer: keys a token sees, itself included; 0 = all
  RopeConfig rope;
  std::vector<int32_t> eos;  // may be empty
  std::optional<int32_t> bos;

  int64_t q_dim() const { return heads * head_dim; }
  int64_t kv_dim() const { return kv_heads * head_dim; }
};

// Errors: kDataLoss (a field of the wrong type, missing or out of range, named), kUnsupported (a
// family, activation or scaling that nothing here computes).
Result<DecoderConfig> config_from_hf(const Json& config);
Result<DecoderConfig> config_from_gguf(const io::GgufFile& file);

// Token ids of a field that holds one, a list of them, or nothing (eos_token_id).
Result<std::vector<int32_t>> token_ids(const Json& object, std::string_view name);

// What every part of the network relies on (divisible heads, sizes within limits, finite RoPE).
// The two readers above call it.
Result<void> check_shape(const DecoderConfig& config);

// Families that config_from_hf knows, for `show` and error messages.
std::vector<std::string> decoder_families();

}  // namespace sextant::lm
