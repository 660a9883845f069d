// Binding of tensors to the network, with the tiny models of tests/parity/lm.
#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/json.h"
#include "sextant/io/dequantise.h"
#include "sextant/io/gguf_writer.h"
#include "sextant/io/open_tensors.h"
#include "sextant/lm/decoder.h"
#include "sextant/lm/language_model.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Tensor {
  Shape shape;
  std::vector<float> values;
};
using Tensors = std::map<std::string, Tensor>;

// Tensors in memory, under the names of a Hugging Face folder.
class MemorySource : public io::TensorSource {
 public:
  explicit MemorySource(const Tensors& tensors) : tensors_(tensors) {
    for (const auto& [name, tensor] : tensors_) {
      infos_.push_back({.name = name,
                        .dtype = DType::kF32,
                        .shape = tensor.shape,
                        .bytes = static_cast<int64_t>(tensor.values.size() * sizeof(float)),
                        .file = "memory"});
    }
  }
  std::string_view format() const override { return "safetensors"; }
  std::span<const io::TensorInfo> tensors() const override { return infos_; }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }

 protected:
  TensorView view_at(size_t index) const override {
    const Tensor& tensor = tensors_.at(infos_[index].name);
    return make_view<float>(tensor.values, DType::kF32, tensor.shape);
  }

 private:
  Tensors tensors_;
  std::vector<io::TensorInfo> infos_;
  std::map<std::string, std::string> metadata_;
};

Tensors read_tensors(const std::string& model) {
  const auto source = value_or_throw(
      io::open_tensors(test_data::repository("tests/parity/lm") / model / "model.safetensors"));
  Tensors out;
  for (const io::TensorInfo& info : source->tensors()) {
    out[info.name] = {info.shape, value_or_throw(io::read_f32(*source, info.name))};
  }
  return out;
}

DecoderConfig read_config(const std::string& model) {
  const auto path = test_data::repository("tests/parity/lm") / model / "config.json";
  const Json json = value_or_throw(parse_json(test_data::read(path), "config.json"));
  return value_or_throw(config_from_hf(json));
}

// Names of GGUF files, written out once more so that a mistake in the loader's table shows.
std::string gguf_name(std::string name) {
  const std::pair<std::string_view, std::string_view> parts[] = {
      {"model.embed_tokens", "token_embd"},
      {"model.norm", "output_norm"},
      {"lm_head", "output"},
      {"model.layers", "blk"},
      {"input_layernorm", "attn_norm"},
      {"post_attention_layernorm", "ffn_norm"},
      {"self_attn.q_proj", "attn_q"},
      {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},
      {"self_attn.o_proj", "attn_output"},
      {"mlp.gate_proj", "ffn_gate"},
      {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"}};
  for (const auto& [from, to] : parts) {
    if (const size_t at = name.find(from); at != name.npos) {
      name.replace(at, from.size(), to);
    }
  }
  return name;
}

// As converters write a Llama: the halves of each head interleaved, so that row 2j + s of a head
// is row s * head_dim/2 + j of the published weight.
Tensor interleaved(const Tensor& in, int64_t head_dim) {
  Tensor out = in;
  const int64_t width = static_cast<int64_t>(in.values.size()) / in.shape[0];
  for (int64_t row = 0; row < in.shape[0]; ++row) {
    const int64_t r = row % head_dim;
    const int64_t from = row - r + r % 2 * (head_dim / 2) + r / 2;
    std::copy_n(in.values.begin() + from * width, width, out.values.begin() + row * width);
  }
  return out;
}

std::filesystem::path write_gguf(const test_data::TempFolder& folder, const DecoderConfig& c,
                                 Tensors tensors) {
  io::GgufWriter writer;
  const auto size = [&](std::string_view key, int64_t value) {
    writer.add(sextant::format("{}.{}", c.family, key), static_cast<uint32_t>(value));
  };
  writer.add("general.architecture", c.family);
  size("embedding_length", c.dim);
  size("block_count", c.layers);
  size("feed_forward_length", c.ffn_dim);
  size("attention.head_count", c.heads);
  size("attention.head_count_kv", c.kv_heads);
  size("context_length", c.max_positions);
  writer.add(sextant::format("{}.attention.layer_norm_rms_epsilon", c.family), c.norm_eps);
  for (auto& [name, tensor] : tensors) {
    if (c.family == "llama" &&
        (name.find("q_proj") != name.npos || name.find("k_proj") != name.npos)) {
      tensor = interleaved(tensor, c.head_dim);
    }
    writer.add_tensor(gguf_name(name), make_view<float>(tensor.values, DType::kF32, tensor.shape));
  }
  auto path = folder / "model.gguf";
  value_or_throw(writer.write(path));
  return path;
}

class DecoderLoad : public ::testing::Test {
 protected:
  std::string message(const Tensors& tensors, const DecoderConfig& config) {
    const MemorySource source(tensors);
    const auto decoder = Decoder::load(source, config, pool_);
    return decoder ? "" : decoder.error().message;
  }

  std::vector<float> logits(const Decoder& model) {
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < 20; ++i) {
      ids.push_back((i * 37 + 5) % 96);
    }
    DecoderState state = model.make_state(20, Precision::kF32);
    const auto hidden = model.forward(ids, state, pool_);
    std::vector<float> out(20 * static_cast<size_t>(model.config().vocab_size));
    model.logits(hidden, out, state, pool_);
    return out;
  }

  std::vector<float> logits_of(const Tensors& tensors, const DecoderConfig& config) {
    return logits(value_or_throw(Decoder::load(MemorySource(tensors), config, pool_)));
  }

  ThreadPool pool_{2};
  test_data::TempFolder folder_;
};

TEST_F(DecoderLoad, GgufGivesTheLogitsOfTheFolder) {
  for (const char* model : {"llama", "qwen2"}) {
    SCOPED_TRACE(model);
    const DecoderConfig config = read_config(model);
    const Tensors tensors = read_tensors(model);
    const auto path = write_gguf(folder_, config, tensors);
    const auto decoder = load_decoder(path, {.pool = pool_});
    ASSERT_TRUE(decoder) << decoder.error().describe();
    EXPECT_EQ(decoder->config().tied_embeddings, config.tied_embeddings);
    EXPECT_EQ(decoder->config().qkv_bias, config.qkv_bias);
    EXPECT_EQ(logits(*decoder), logits_of(tensors, config));  // the same bits are multiplied
  }
}

// Biases of q and k are permuted as the rows are; that of the output is not.
TEST_F(DecoderLoad, GgufBiasesOfALlamaArePutBackToo) {
  DecoderConfig config = read_config("llama");
  Tensors tensors = read_tensors("llama");
  const std::vector<float> plain = logits_of(tensors, config);
  config.qkv_bias = true;
  config.output_bias = true;
  for (const char* part : {"q_proj", "k_proj", "v_proj", "o_proj"}) {
    for (int layer = 0; layer < 2; ++layer) {
      const std::string name = sextant::format("model.layers.{}.self_attn.{}.", layer, part);
      const int64_t rows = tensors.at(name + "weight").shape[0];
      Tensor bias{{rows}, {}};
      for (int64_t i = 0; i < rows; ++i) {
        bias.values.push_back(static_cast<float>(i % 7) * 0.1f);
      }
      tensors[name + "bias"] = std::move(bias);
    }
  }
  const auto decoder = load_decoder(write_gguf(folder_, config, tensors), {.pool = pool_});
  ASSERT_TRUE(decoder) << decoder.error().describe();
  EXPECT_EQ(logits(*decoder), logits_of(tensors, config));
  EXPECT_NE(logits(*decoder), plain);
}

TEST_F(DecoderLoad, MissingTensorsAreNamed) {
  Tensors tensors = read_tensors("llama");
  tensors.erase("model.layers.1.mlp.up_proj.weight");
  tensors.erase("model.norm.weight");
  const std::string text = message(tensors, read_config("llama"));
  EXPECT_THAT(text, HasSubstr("[lm/weights]"));
  EXPECT_THAT(text, HasSubstr("tensor \"model.layers.1.mlp.up_proj.weight\": expected [64,32], "
                              "file has none"));
  EXPECT_THAT(text, HasSubstr("tensor \"model.norm.weight\": expected [32], file has none"));
  EXPECT_THAT(text, Not(HasSubstr("model.layers.0")));
}

TEST_F(DecoderLoad, AnUntiedHeadIsNeededATiedOneIsNot) {
  Tensors tensors = read_tensors("llama");
  DecoderConfig config = read_config("llama");
  const std::vector<float> untied = logits_of(tensors, config);
  config.tied_embeddings = true;
  const std::vector<float> tied = logits_of(tensors, config);  // a head in the file is left alone
  EXPECT_NE(tied, untied);
  tensors.erase("lm_head.weight");
  EXPECT_EQ(logits_of(tensors, config), tied);
  config.tied_embeddings = false;
  EXPECT_THAT(message(tensors, config),
              HasSubstr("tensor \"lm_head.weight\": expected [96,32], file has none"));
}

TEST_F(DecoderLoad, WrongShapesAreNamedWithBoth) {
  Tensors tensors = read_tensors("llama");
  std::swap(tensors.at("model.layers.0.mlp.down_proj.weight").shape[0],
            tensors.at("model.layers.0.mlp.down_proj.weight").shape[1]);
  tensors["model.layers.1.input_layernorm.weight"].shape = {1, 32};
  const std::string text = message(tensors, read_config("llama"));
  EXPECT_THAT(text, HasSubstr("tensor \"model.layers.0.mlp.down_proj.weight\": expected [32,64], "
                              "file has [64,32] (memory)"));
  EXPECT_THAT(text, HasSubstr("tensor \"model.layers.1.input_layernorm.weight\": expected [32], "
                              "file has [1,32]"));
}

TEST_F(DecoderLoad, LeftOverTensorsAreNamed) {
  Tensors tensors = read_tensors("llama");
  tensors["model.layers.2.input_layernorm.weight"] = {{32}, std::vector<float>(32)};
  tensors["model.layers.0.self_attn.q_proj.bias"] = {{32}, std::vector<float>(32)};
  const std::string text = message(tensors, read_config("llama"));
  EXPECT_THAT(text, HasSubstr("tensor \"model.layers.2.input_layernorm.weight\": expected none, "
                              "file has [32]"));
  EXPECT_THAT(text, HasSubstr("tensor \"model.layers.0.self_attn.q_proj.bias\": expected none"));
}

TEST_F(DecoderLoad, TablesOfRotaryFrequenciesDoNotCount) {
  Tensors tensors = read_tensors("llama");
  const DecoderConfig config = read_config("llama");
  const std::vector<float> before = logits_of(tensors, config);
  tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = {{4}, std::vector<float>(4)};
  EXPECT_EQ(logits_of(tensors, config), before);
}

TEST_F(DecoderLoad, MoreLayersThanTheFileHasIsAnError) {
  DecoderConfig config = read_config("mistral");
  config.layers = 3;
  config.window.push_back(0);
  EXPECT_THAT(message(read_tensors("mistral"), config), HasSubstr("model.layers.2."));
}

TEST_F(DecoderLoad, AShapeThatCannotBeIsRefusedBeforeTheTensors) {
  DecoderConfig config = read_config("llama");
  config.kv_heads = 3;
  EXPECT_EQ(message(read_tensors("llama"), config),
            "[lm/config] heads: expected a multiple of the 3 key-value heads, found 4");
}

// GPT-2 files come with and without the prefix, with the masks of old programs, and with the tied
// head written out.
TEST_F(DecoderLoad, Gpt2FilesComeInSeveralForms) {
  const DecoderConfig config = read_config("gpt2");
  const Tensors tensors = read_tensors("gpt2");
  const std::vector<float> expected = logits_of(tensors, config);
  Tensors plain;
  for (const auto& [name, tensor] : tensors) {
    ASSERT_TRUE(name.starts_with("transformer.")) << name;
    plain[name.substr(12)] = tensor;
  }
  plain["h.0.attn.bias"] = {{1, 1, 64, 64}, std::vector<float>(64 * 64)};
  plain["h.1.attn.masked_bias"] = {{}, {-1e4f}};
  plain["lm_head.weight"] = plain.at("wte.weight");
  EXPECT_EQ(logits_of(plain, config), expected);
}

TEST_F(DecoderLoad, Gpt2MatricesLieByColumns) {
  Tensors tensors = read_tensors("gpt2-relu");
  const DecoderConfig config = read_config("gpt2-relu");
  Tensor& inner = tensors.at("h.1.mlp.c_fc.weight");
  EXPECT_EQ(inner.shape, (Shape{32, 48}));
  std::swap(inner.shape[0], inner.shape[1]);
  tensors.erase("h.0.attn.c_attn.bias");
  const std::string text = message(tensors, config);
  EXPECT_THAT(text, HasSubstr("tensor \"h.1.mlp.c_fc.weight\": expected [32,48], file "
                              "has [48,32] (memory)"));
  EXPECT_THAT(text, HasSubstr("tensor \"transformer.h.0.attn.c_attn.bias\": expected [96], file "
                              "has none"));
}

TEST_F(DecoderLoad, OptPositionsBeginBehindTwoOthers) {
  Tensors tensors = read_tensors("opt");
  const DecoderConfig config = read_config("opt");
  const std::vector<float> expected = logits_of(tensors, config);
  Tensor& positions = tensors.at("model.decoder.embed_positions.weight");
  ASSERT_EQ(positions.shape, (Shape{66, 32}));
  std::fill_n(positions.values.begin(), 2 * 32, 1e9f);
  EXPECT_EQ(logits_of(tensors, config), expected);
  tensors["model.decoder.version"] = {{1}, {3.0f}};
  EXPECT_EQ(logits_of(tensors, config), expected);
  positions.shape[0] = 64;
  positions.values.resize(64 * 32);
  EXPECT_THAT(message(tensors, config), HasSubstr("expected [66,32], file has [64,32]"));
}

TEST_F(DecoderLoad, LearnedPositionsEnd) {
  const Decoder gpt2 =
      value_or_throw(Decoder::load(MemorySource(read_tensors("gpt2")), read_config("gpt2"), pool_));
  EXPECT_TRUE(gpt2.check_length(64));
  const auto longer = gpt2.check_length(65);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().message,
            "[lm/decoder] context: expected at most 64 tokens (the positions that the model has "
            "learned), found 65");
  EXPECT_THROW(gpt2.make_state(65, Precision::kF32), SextantError);
  const Decoder llama = value_or_throw(
      Decoder::load(MemorySource(read_tensors("llama")), read_config("llama"), pool_));
  EXPECT_TRUE(llama.check_length(100000));
}

TEST_F(DecoderLoad, WeightBytesOfGpt2LeaveOutThePositions) {
  const Tensors tensors = read_tensors("gpt2");
  size_t bytes = 0;
  for (const auto& [name, tensor] : tensors) {
    bytes += tensor.values.size() * sizeof(float);
  }
  const Decoder decoder =
      value_or_throw(Decoder::load(MemorySource(tensors), read_config("gpt2"), pool_));
  EXPECT_EQ(decoder.weight_bytes(), bytes);
  EXPECT_EQ(decoder.bytes_per_token(), bytes - 64 * 32 * sizeof(float));
}

TEST_F(DecoderLoad, WeightBytesCountEveryMatrixAndNorm) {
  const Tensors tensors = read_tensors("llama");
  size_t bytes = 0;
  for (const auto& [name, tensor] : tensors) {
    bytes += tensor.values.size() * sizeof(float);
  }
  const Decoder decoder =
      value_or_throw(Decoder::load(MemorySource(tensors), read_config("llama"), pool_));
  EXPECT_EQ(decoder.weight_bytes(), bytes);  // all rows are multiples of 16
  EXPECT_EQ(decoder.bytes_per_token(), bytes - 96 * 32 * sizeof(float));
  const Tensors tied = read_tensors("qwen2");
  const Decoder qwen =
      value_or_throw(Decoder::load(MemorySource(tied), read_config("qwen2"), pool_));
  EXPECT_EQ(qwen.bytes_per_token(), qwen.weight_bytes());
}

}  // namespace
}  // namespace sextant::lm
