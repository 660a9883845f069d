// DecoderConfig from the metadata of GGUF files, which the tests write.
#include <limits>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/gguf.h"
#include "sextant/io/gguf_writer.h"
#include "sextant/lm/config.h"
#include "support/temp_folder.h"

namespace sextant::lm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GgufConfig : public ::testing::Test {
 protected:
  GgufConfig() {
    values_ = {{"general.architecture", std::string("llama")},
               {"llama.embedding_length", uint32_t{32}},
               {"llama.block_count", uint32_t{3}},
               {"llama.feed_forward_length", uint32_t{64}},
               {"llama.attention.head_count", uint32_t{4}},
               {"llama.attention.layer_norm_rms_epsilon", 1e-5f}};
    add_tensor("token_embd.weight", {100, 32});
  }

  void add_tensor(const std::string& name, Shape shape, float value = 1.0f) {
    const auto count = static_cast<size_t>(element_count(shape).value());
    tensors_[name] = {std::move(shape), std::vector<float>(count, value)};
  }

  Result<DecoderConfig> read() const {
    io::GgufWriter writer;
    for (const auto& [key, value] : values_) {
      writer.add(key, value);
    }
    for (const auto& [name, tensor] : tensors_) {
      writer.add_tensor(name, make_view<float>(tensor.second, DType::kF32, tensor.first));
    }
    const auto path = folder_ / "model.gguf";
    SEXTANT_TRY_VOID(writer.write(path));
    SEXTANT_TRY(const auto file, io::open_gguf(path));
    return config_from_gguf(*file);
  }

  // The message with one key set to another value.
  std::string message_with(const std::string& key, io::GgufValue value) {
    const auto before = values_;
    values_[key] = std::move(value);
    const auto config = read();
    values_ = before;
    return config ? "" : config.error().message;
  }

  std::string message_without(const std::string& key) {
    const auto before = values_;
    values_.erase(key);
    const auto config = read();
    values_ = before;
    return config ? "" : config.error().message;
  }

  std::string message() const {
    const auto config = read();
    return config ? "" : config.error().message;
  }

  std::map<std::string, io::GgufValue> values_;
  std::map<std::string, std::pair<Shape, std::vector<float>>> tensors_;
  test_data::TempFolder folder_;
};

TEST_F(GgufConfig, FillsWhatMayBeLeftOut) {
  const auto c = read();
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->family, "llama");
  EXPECT_EQ(c->vocab_size, 100);  // rows of the embedding
  EXPECT_EQ(c->dim, 32);
  EXPECT_EQ(c->layers, 3);
  EXPECT_EQ(c->ffn_dim, 64);
  EXPECT_EQ(c->heads, 4);
  EXPECT_EQ(c->kv_heads, 4);
  EXPECT_EQ(c->head_dim, 8);
  EXPECT_EQ(c->max_positions, 2048);
  EXPECT_EQ(c->norm_eps, 1e-5f);
  EXPECT_TRUE(c->tied_embeddings);
  EXPECT_FALSE(c->qkv_bias);
  EXPECT_FALSE(c->output_bias);
  EXPECT_THAT(c->window, ElementsAre(0, 0, 0));
  EXPECT_EQ(c->rope.type, RopeType::kDefault);
  EXPECT_EQ(c->rope.theta, 10000.0);
  EXPECT_EQ(c->rope.factor, 1.0);
  EXPECT_EQ(c->rope.original_max_positions, 0.0);
  EXPECT_TRUE(c->rope.freq_divisors.empty());
}

TEST_F(GgufConfig, ReadsWhatIsGiven) {
  values_["llama.attention.head_count_kv"] = uint32_t{2};
  values_["llama.attention.key_length"] = uint32_t{16};
  values_["llama.rope.dimension_count"] = uint64_t{16};  // any integer type that fits
  values_["llama.context_length"] = int32_t{8192};
  values_["llama.rope.freq_base"] = 500000.0f;
  const auto c = read();
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->kv_heads, 2);
  EXPECT_EQ(c->head_dim, 16);
  EXPECT_EQ(c->q_dim(), 64);
  EXPECT_EQ(c->kv_dim(), 32);
  EXPECT_EQ(c->max_positions, 8192);
  EXPECT_EQ(c->rope.theta, 500000.0);
}

TEST_F(GgufConfig, TensorsTellOfHeadAndBiases) {
  add_tensor("output.weight", {100, 32});
  add_tensor("blk.0.attn_q.bias", {32});
  add_tensor("blk.0.attn_output.bias", {32});
  const auto c = read();
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_FALSE(c->tied_embeddings);
  EXPECT_TRUE(c->qkv_bias);
  EXPECT_TRUE(c->output_bias);
}

TEST_F(GgufConfig, ReadsTheScalingsOfRope) {
  values_["llama.rope.scaling.factor"] = 4.0f;
  values_["llama.rope.scaling.original_context_length"] = uint32_t{4096};
  const std::pair<const char*, RopeType> cases[] = {
      {"none", RopeType::kDefault}, {"linear", RopeType::kLinear}, {"yarn", RopeType::kYarn}};
  for (const auto& [name, type] : cases) {
    values_["llama.rope.scaling.type"] = std::string(name);
    const auto c = read();
    ASSERT_TRUE(c) << c.error().describe();
    EXPECT_EQ(c->rope.type, type) << name;
    EXPECT_EQ(c->rope.factor, 4.0) << name;
    EXPECT_EQ(c->rope.original_max_positions, 4096.0) << name;
  }
  EXPECT_EQ(message_with("llama.rope.scaling.type", std::string("longrope")),
            "[lm/config] rope.scaling.type: expected none, linear or yarn, found \"longrope\"");
}

TEST_F(GgufConfig, ReadsTheDivisorsOfLlama3) {
  add_tensor("rope_freqs.weight", {4}, 8.0f);
  const auto c = read();
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_THAT(c->rope.freq_divisors, ElementsAre(8.0f, 8.0f, 8.0f, 8.0f));
}

TEST_F(GgufConfig, RefusesDivisorsThatAreNone) {
  for (const float wrong : {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN()}) {
    add_tensor("rope_freqs.weight", {4}, wrong);
    EXPECT_THAT(message(),
                HasSubstr("[lm/config] rope_freqs.weight: expected values above 0, found"));
  }
  for (const int64_t count : {3, 5}) {
    add_tensor("rope_freqs.weight", {count});
    EXPECT_EQ(message(),
              "[lm/config] rope_freqs.weight: expected 4 values (half the head size), "
              "found " +
                  std::to_string(count));
  }
}

TEST_F(GgufConfig, KeysBelongToTheArchitecture) {
  values_["general.architecture"] = std::string("qwen2");
  EXPECT_THAT(message(), HasSubstr("\"qwen2.embedding_length\""));
  const auto llama = values_;
  for (const auto& [key, value] : llama) {
    if (key.starts_with("llama.")) {
      values_[sextant::format("qwen2{}", key.substr(5))] = value;
    }
  }
  const auto c = read();
  ASSERT_TRUE(c) << c.error().describe();
  EXPECT_EQ(c->family, "qwen2");
}

TEST_F(GgufConfig, NamesTheMissingKey) {
  for (const char* key : {"general.architecture", "llama.embedding_length", "llama.block_count",
                          "llama.feed_forward_length", "llama.attention.head_count",
                          "llama.attention.layer_norm_rms_epsilon"}) {
    EXPECT_THAT(message_without(key), HasSubstr(sextant::format("\"{}\"", key))) << key;
  }
}

TEST_F(GgufConfig, NamesTheKeyOfTheWrongType) {
  const std::pair<const char*, io::GgufValue> cases[] = {
      {"general.architecture", uint32_t{1}},
      {"llama.block_count", std::string("3")},
      {"llama.block_count", 3.0f},
      {"llama.block_count", int32_t{-3}},
      {"llama.block_count", uint64_t{1} << 40},
      {"llama.attention.head_count_kv", std::vector<int32_t>{4, 4, 4}},
      {"llama.context_length", true},
      {"llama.rope.freq_base", std::string("10000")},
      {"llama.rope.scaling.type", uint32_t{2}},
      {"llama.attention.layer_norm_rms_epsilon", std::string("small")}};
  for (const auto& [key, value] : cases) {
    const std::string text = message_with(key, value);
    EXPECT_THAT(text, HasSubstr(sextant::format("\"{}\"", key))) << key;
    EXPECT_THAT(text, HasSubstr("expected")) << key;
  }
}

TEST_F(GgufConfig, RefusesWhatIsOutOfRange) {
  EXPECT_EQ(message_with("llama.block_count", uint32_t{0}),
            "[lm/config] \"llama.block_count\": expected 1 to 4096, found 0");
  EXPECT_EQ(message_with("llama.block_count", uint32_t{4097}),
            "[lm/config] \"llama.block_count\": expected 1 to 4096, found 4097");
  EXPECT_EQ(message_with("llama.embedding_length", uint32_t{1} << 25),
            "[lm/config] \"llama.embedding_length\": expected 1 to 16777216, found 33554432");
  EXPECT_EQ(message_with("llama.context_length", uint32_t{1} << 31),
            "[lm/config] \"llama.context_length\": expected 1 to 2147483647, found 2147483648");
  EXPECT_EQ(message_with("llama.attention.head_count", uint32_t{0}),
            "[lm/config] \"llama.attention.head_count\": expected 1 to 16777216, found 0");
  EXPECT_EQ(message_with("llama.attention.head_count_kv", uint32_t{3}),
            "[lm/config] heads: expected a multiple of the 3 key-value heads, found 4");
  EXPECT_EQ(message_with("llama.attention.key_length", uint32_t{12}),
            "[lm/config] head_dim: expected a multiple of 8, found 12");
  EXPECT_EQ(message_with("llama.attention.key_length", uint32_t{1} << 24),
            "[lm/config] heads: expected 16777216 at most in all, found 4 x 16777216");
  EXPECT_THAT(message_with("llama.attention.layer_norm_rms_epsilon", 1.0f),
              HasSubstr("[lm/config] norm epsilon: expected 0 up to 1, found 1"));
  EXPECT_THAT(message_with("llama.rope.freq_base", 1.0f), HasSubstr("expected theta > 1"));
  EXPECT_THAT(message_with("llama.rope.scaling.factor", 0.0f), HasSubstr("found theta 10000"));
  EXPECT_THAT(message_with("llama.rope.freq_base", std::numeric_limits<float>::quiet_NaN()),
              HasSubstr("expected theta > 1"));
}

TEST_F(GgufConfig, RefusesWhatNothingHereComputes) {
  const auto before = values_;
  values_["general.architecture"] = std::string("gemma2");
  const auto family = read();
  ASSERT_FALSE(family);
  EXPECT_EQ(family.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(family.error().message,
            "[lm/config] general.architecture: expected llama or qwen2, found \"gemma2\"");
  values_ = before;
  values_["llama.rope.dimension_count"] = uint32_t{4};
  const auto partial = read();
  ASSERT_FALSE(partial);
  EXPECT_EQ(partial.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(partial.error().message,
            "[lm/config] rope.dimension_count: expected the head size 8, found 4");
}

TEST_F(GgufConfig, RefusesFilesWithoutAnEmbedding) {
  add_tensor("token_embd.weight", {3200});
  EXPECT_EQ(message(),
            "[lm/config] token_embd.weight: expected a tensor [vocabulary, 32], found [3200]");
  tensors_.erase("token_embd.weight");
  add_tensor("other", {1});
  EXPECT_EQ(message(),
            "[lm/config] token_embd.weight: expected a tensor [vocabulary, 32], found none");
}

}  // namespace
}  // namespace sextant::lm
