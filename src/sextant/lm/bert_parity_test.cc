// Encoders against transformers (scripts/goldens/make_bert.py).
#include <algorithm>
#include <cmath>
#include <iostream>

#include <gtest/gtest.h>

#include "sextant/io/dequantise.h"
#include "sextant/io/open_tensors.h"
#include "sextant/lm/sentence_encoder.h"
#include "sextant/lm/text_classifier.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

const std::filesystem::path kTiny = test_data::repository("tests/parity/lm/bert");

template <class T>
std::vector<T> integers(const io::TensorSource& source, std::string_view name) {
  const auto view = value_or_throw(source.view(name));
  const auto wide = view.as<int64_t>();
  return {wide.begin(), wide.end()};
}

float max_difference(std::span<const float> a, std::span<const float> b) {
  float worst = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    worst = std::max(worst, std::abs(a[i] - b[i]));
  }
  return a.size() == b.size() && std::isfinite(worst) ? worst : INFINITY;
}

Bert tiny_bert(nn::BertActivation activation, ThreadPool& pool) {
  nn::BertConfig config = value_or_throw(read_bert_config(kTiny));
  config.activation = activation;
  const auto source = value_or_throw(io::open_tensors(kTiny / "model.safetensors"));
  return value_or_throw(Bert::load(*source, config, pool));
}

struct Variant {
  const char* name;
  nn::BertActivation activation;
};

class TinyBert : public ::testing::TestWithParam<Variant> {};

// A batch padded on the right, on the left and with a hole; the states of the padding count too.
// Values reach about 4 and are f32 sums in another order than torch's.
TEST_P(TinyBert, MatchesTransformers) {
  ThreadPool pool(2);
  const Bert bert = tiny_bert(GetParam().activation, pool);
  const auto golden = value_or_throw(io::open_tensors(kTiny / "golden.safetensors"));
  const std::string name = GetParam().name;
  BertInput input = {.ids = integers<int32_t>(*golden, "input_ids"), .lengths = {11, 11, 11, 11}};
  if (name != "plain") {
    input.types = integers<int32_t>(*golden, "token_type_ids");
    input.seen = integers<uint8_t>(*golden, "attention_mask");
  }
  value_or_throw(bert.check(input));
  BertScratch scratch;
  const auto hidden = bert.forward(input, scratch, pool);
  const auto expected = value_or_throw(io::read_f32(*golden, "last_hidden_state." + name));
  EXPECT_LT(max_difference(hidden, expected), 1e-5f);
  const auto logits = value_or_throw(io::read_f32(*golden, "logits." + name));
  EXPECT_LT(max_difference(bert.logits(hidden, input.lengths, pool), logits), 1e-5f);
}

INSTANTIATE_TEST_SUITE_P(All, TinyBert,
                         ::testing::Values(Variant{"gelu", nn::BertActivation::kGelu},
                                           Variant{"relu", nn::BertActivation::kRelu},
                                           Variant{"gelu_new", nn::BertActivation::kGeluTanh},
                                           Variant{"plain", nn::BertActivation::kGelu}),
                         [](const auto& each) { return std::string(each.param.name); });

struct TextGolden {
  std::vector<std::string> texts;
  std::vector<std::vector<int32_t>> ids;
  std::vector<float> logits, embeddings;
};

TextGolden read_texts() {
  TextGolden out;
  const Json json = value_or_throw(parse_json(test_data::read(kTiny / "texts.json"), "texts.json"));
  for (const Json& entry : json) {
    out.texts.push_back(entry["text"].get<std::string>());
    out.ids.push_back(entry["ids"].get<std::vector<int32_t>>());
    for (const Json& v : entry["logits"]) {
      out.logits.push_back(v.get<float>());
    }
    for (const Json& v : entry["embedding"]) {
      out.embeddings.push_back(v.get<float>());
    }
  }
  return out;
}

TEST(TinyBert, GivesTheClassesOfTexts) {
  ThreadPool pool(2);
  const TextGolden golden = read_texts();
  const auto classifier = value_or_throw(TextClassifier::load(kTiny, {.pool = pool}));
  for (size_t i = 0; i < golden.texts.size(); ++i) {
    EXPECT_EQ(classifier.model().tokens_of(golden.texts[i]), golden.ids[i]) << golden.texts[i];
  }
  const auto logits = value_or_throw(classifier.logits(golden.texts, {.pool = pool}));
  EXPECT_LT(max_difference(logits, golden.logits), 1e-5f);
}

TEST(TinyBert, GivesTheVectorsOfTexts) {
  ThreadPool pool(2);
  const TextGolden golden = read_texts();
  const auto encoder = value_or_throw(SentenceEncoder::load(kTiny, {.pool = pool}));
  const auto vectors = value_or_throw(encoder.encode(golden.texts, {.pool = pool}));
  EXPECT_LT(max_difference(vectors, golden.embeddings), 1e-5f);
}

// 100 sentences of every length and kind, the longest cut at 256 tokens. The bar is 1e-5; measured:
// see docs/numerics.md.
TEST(MiniLm, GivesTheVectorsOfTransformers) {
  const auto folder = test_data::repository("models/all-minilm-l6-v2");
  if (!std::filesystem::exists(folder / "model.safetensors")) {
    GTEST_SKIP() << "models/all-minilm-l6-v2 is not here: `make setup` fetches it";
  }
  const auto goldens = test_data::repository("tests/parity/lm/minilm");
  std::vector<std::string> texts;
  std::istringstream lines(test_data::read(goldens / "sentences.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    texts.push_back(value_or_throw(parse_json(line, "sentences.jsonl"))["text"].get<std::string>());
  }
  ASSERT_EQ(texts.size(), 100U);
  ThreadPool pool(2);
  const auto encoder = value_or_throw(SentenceEncoder::load(folder, {.pool = pool}));
  EXPECT_EQ(encoder.model().max_tokens, 256);
  const auto vectors = value_or_throw(encoder.encode(texts, {.pool = pool}));
  const auto golden = value_or_throw(io::open_tensors(goldens / "embeddings.safetensors"));
  const auto expected = value_or_throw(io::read_f32(*golden, "embeddings"));
  const float worst = max_difference(vectors, expected);
  RecordProperty("max_difference", sextant::format("{:.3g}", worst));
  EXPECT_LT(worst, 1e-5f);
}

}  // namespace
}  // namespace sextant::lm
