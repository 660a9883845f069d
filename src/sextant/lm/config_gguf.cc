// Reads DecoderConfig from GGUF metadata (keys: the "LLM" section of the GGUF specification).
#include <algorithm>
#include <limits>

#include "sextant/io/dequantise.h"
#include "sextant/io/gguf.h"
#include "sextant/lm/config.h"

namespace sextant::lm {
namespace {

// Integers of the architecture, "llama.block_count" and the like, from 1 to `max`.
class ArchitectureKeys {
 public:
  ArchitectureKeys(const io::GgufFile& file, std::string architecture)
      : file_(file), prefix_(std::move(architecture) + ".") {}

  Result<int64_t> size(std::string_view key, std::optional<int64_t> missing, int64_t max) const {
    const std::string name = prefix_ + std::string(key);
    std::optional<uint32_t> fallback;
    if (missing) {
      fallback = static_cast<uint32_t>(*missing);
    }
    SEXTANT_TRY(const uint32_t value, file_.get_u32(name, fallback));
    if (value < 1 || value > max) {
      return fail(ErrorCode::kDataLoss, "[lm/config] \"{}\": expected 1 to {}, found {}", name, max,
                  value);
    }
    return static_cast<int64_t>(value);
  }

  Result<float> number(std::string_view key, std::optional<float> missing) const {
    return file_.get_f32(prefix_ + std::string(key), missing);
  }

  Result<std::string> text(std::string_view key, std::string missing) const {
    return file_.get_string(prefix_ + std::string(key), std::move(missing));
  }

 private:
  const io::GgufFile& file_;
  std::string prefix_;
};

constexpr int64_t kMaxExtent = int64_t{1} << 24;
constexpr int64_t kMaxPositions = std::numeric_limits<int32_t>::max();

Result<RopeConfig> rope_from_gguf(const io::GgufFile& file, const ArchitectureKeys& keys,
                                  int64_t head_dim) {
  RopeConfig rope;
  SEXTANT_TRY(rope.theta, keys.number("rope.freq_base", 10000.0f));
  SEXTANT_TRY(const std::string type, keys.text("rope.scaling.type", "none"));
  SEXTANT_TRY(rope.factor, keys.number("rope.scaling.factor", 1.0f));
  SEXTANT_TRY(const int64_t original,
              keys.size("rope.scaling.original_context_length", kMaxPositions, kMaxPositions));
  if (original != kMaxPositions) {
    rope.original_max_positions = static_cast<double>(original);
  }
  if (type == "linear") {
    rope.type = RopeType::kLinear;
  } else if (type == "yarn") {
    rope.type = RopeType::kYarn;
  } else if (type != "none") {
    return fail(ErrorCode::kUnsupported,
                "[lm/config] rope.scaling.type: expected none, linear or yarn, found \"{}\"", type);
  }
  if (file.find("rope_freqs.weight") != nullptr) {  // llama3 scaling, as divisors
    SEXTANT_TRY(rope.freq_divisors, io::read_f32(file, "rope_freqs.weight"));
    if (rope.freq_divisors.size() != static_cast<size_t>(head_dim / 2)) {
      return fail(ErrorCode::kDataLoss,
                  "[lm/config] rope_freqs.weight: expected {} values (half the head size), found "
                  "{}",
                  head_dim / 2, rope.freq_divisors.size());
    }
    for (const float divisor : rope.freq_divisors) {
      if (!(divisor > 0.0f)) {
        return fail(ErrorCode::kDataLoss,
                    "[lm/config] rope_freqs.weight: expected values above 0, found {}", divisor);
      }
    }
  }
  return rope;
}

}  // namespace

Result<DecoderConfig> config_from_gguf(const io::GgufFile& file) {
  DecoderConfig c;
  SEXTANT_TRY(c.family, file.get_string("general.architecture"));
  if (c.family != "llama" && c.family != "qwen2") {
    return fail(ErrorCode::kUnsupported,
                "[lm/config] general.architecture: expected llama or qwen2, found \"{}\"",
                c.family);
  }
  const ArchitectureKeys keys(file, c.family);
  SEXTANT_TRY(c.dim, keys.size("embedding_length", {}, kMaxExtent));
  SEXTANT_TRY(c.layers, keys.size("block_count", {}, 4096));
  SEXTANT_TRY(c.ffn_dim, keys.size("feed_forward_length", {}, kMaxExtent));
  SEXTANT_TRY(c.heads, keys.size("attention.head_count", {}, kMaxExtent));
  SEXTANT_TRY(c.kv_heads, keys.size("attention.head_count_kv", c.heads, kMaxExtent));
  SEXTANT_TRY(c.head_dim,
              keys.size("attention.key_length", std::max<int64_t>(1, c.dim / c.heads), kMaxExtent));
  SEXTANT_TRY(const int64_t rotary, keys.size("rope.dimension_count", c.head_dim, kMaxExtent));
  if (rotary != c.head_dim) {
    return fail(ErrorCode::kUnsupported,
                "[lm/config] rope.dimension_count: expected the head size {}, found {}", c.head_dim,
                rotary);
  }
  SEXTANT_TRY(c.max_positions, keys.size("context_length", 2048, kMaxPositions));
  SEXTANT_TRY(c.norm_eps, keys.number("attention.layer_norm_rms_epsilon", {}));
  const io::TensorInfo* embedding = file.find("token_embd.weight");
  if (embedding == nullptr || embedding->shape.size() != 2) {
    return fail(ErrorCode::kDataLoss,
                "[lm/config] token_embd.weight: expected a tensor [vocabulary, {}], found {}",
                c.dim, embedding == nullptr ? "none" : to_string(embedding->shape));
  }
  c.vocab_size = embedding->shape[0];
  c.tied_embeddings = file.find("output.weight") == nullptr;
  c.qkv_bias = file.find("blk.0.attn_q.bias") != nullptr;
  c.output_bias = file.find("blk.0.attn_output.bias") != nullptr;
  c.window.assign(static_cast<size_t>(c.layers), 0);
  SEXTANT_TRY(c.rope, rope_from_gguf(file, keys, c.head_dim));
  SEXTANT_TRY_VOID(check_shape(c));
  return c;
}

}  // namespace sextant::lm
