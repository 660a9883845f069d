#include "sextant/lm/bert.h"

#include <cmath>
#include <functional>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/dequantise.h"
#include "sextant/io/open_tensors.h"
#include "sextant/io/safetensors.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kFolder = test_data::repository("tests/parity/lm/bert");

nn::BertConfig tiny_config() {
  return value_or_throw(nn::bert_config_from_hf(
      value_or_throw(parse_json(test_data::read(kFolder / "config.json"), "config.json"))));
}

// The tensors of the tiny model, to be changed and written again.
struct Tensors {
  struct Tensor {
    Shape shape;
    std::vector<float> values;
  };
  std::map<std::string, Tensor> by_name;

  Tensors() {
    const auto source = value_or_throw(io::open_tensors(kFolder / "model.safetensors"));
    for (const io::TensorInfo& info : source->tensors()) {
      by_name[info.name] = {info.shape, value_or_throw(io::read_f32(*source, info.name))};
    }
  }

  void rename(const std::function<std::string(std::string)>& change) {
    std::map<std::string, Tensor> renamed;
    for (auto& [name, tensor] : by_name) {
      renamed[change(name)] = std::move(tensor);
    }
    by_name = std::move(renamed);
  }

  Result<Bert> load(const nn::BertConfig& config) const {
    const test_data::TempFolder folder;
    std::vector<io::NamedTensor> tensors;
    for (const auto& [name, tensor] : by_name) {
      tensors.push_back(
          {name, make_view(std::span<const float>(tensor.values), DType::kF32, tensor.shape)});
    }
    const auto path = folder / "model.safetensors";
    value_or_throw(io::write_safetensors(path, tensors));
    const auto source = value_or_throw(io::open_tensors(path));
    ThreadPool pool(1);
    return Bert::load(*source, config, pool);
  }

  std::string message(const nn::BertConfig& config) const {
    const auto bert = load(config);
    return bert ? "" : bert.error().describe();
  }
};

std::vector<float> run(const Bert& bert, const BertInput& input, int threads = 1) {
  ThreadPool pool(threads);
  BertScratch scratch;
  value_or_throw(bert.check(input));
  const auto hidden = bert.forward(input, scratch, pool);
  return {hidden.begin(), hidden.end()};
}

const BertInput kTwo = {.ids = {2, 10, 11, 12, 3, 2, 70, 3}, .lengths = {5, 3}};

TEST(Bert, GivesTheSameWhateverTheNamesAre) {
  const nn::BertConfig config = tiny_config();
  Tensors tensors;
  const auto expected = run(*tensors.load(config), kTwo);
  tensors.rename([](std::string name) {
    return name.starts_with("bert.") ? name.substr(5) : name;  // as of the bare model
  });
  EXPECT_EQ(run(*tensors.load(config), kTwo), expected);
  tensors.rename([](std::string name) {
    const auto change = [&](std::string_view from, std::string_view to) {
      if (name.ends_with(from)) {
        name = "bert." + name.substr(0, name.size() - from.size()) + std::string(to);
      }
    };
    change("LayerNorm.weight", "LayerNorm.gamma");
    change("LayerNorm.bias", "LayerNorm.beta");
    return name;
  });
  tensors.by_name["cls.predictions.bias"] = {{4}, std::vector<float>(4)};
  tensors.by_name["bert.embeddings.position_ids"] = {{1, 24}, std::vector<float>(24)};
  EXPECT_EQ(run(*tensors.load(config), kTwo), expected);
}

TEST(Bert, LoadsWithoutHeadAndPooler) {
  Tensors tensors;
  const nn::BertConfig config = tiny_config();
  EXPECT_EQ(tensors.load(config)->classes(), 3);
  tensors.by_name.erase("classifier.weight");
  tensors.by_name.erase("classifier.bias");
  EXPECT_EQ(tensors.load(config)->classes(), 0);
  tensors.by_name.erase("bert.pooler.dense.weight");
  tensors.by_name.erase("bert.pooler.dense.bias");
  const auto bert = tensors.load(config);
  ASSERT_TRUE(bert) << bert.error().describe();
  EXPECT_EQ(bert->classes(), 0);
  ThreadPool pool(1);
  EXPECT_THROW(static_cast<void>(bert->logits({}, {}, pool)), SextantError);
}

TEST(Bert, TakesClassesWithoutNamesFromTheHead) {
  nn::BertConfig config = tiny_config();
  config.labels.clear();
  EXPECT_EQ(Tensors().load(config)->classes(), 3);
  config.labels = {"a", "b"};
  EXPECT_THAT(Tensors().message(config),
              HasSubstr("\"classifier.weight\": expected [2,32], file has [3,32]"));
}

TEST(Bert, NamesTensorsThatDoNotFit) {
  const nn::BertConfig config = tiny_config();
  Tensors missing;
  missing.by_name.erase("bert.encoder.layer.1.output.dense.bias");
  EXPECT_THAT(missing.message(config), HasSubstr("encoder.layer.1.output.dense.bias"));
  Tensors headless;  // a head without what it reads
  headless.by_name.erase("bert.pooler.dense.weight");
  EXPECT_THAT(headless.message(config), HasSubstr("pooler.dense.weight"));
  Tensors more;
  more.by_name["bert.encoder.layer.2.output.dense.bias"] = {{32}, std::vector<float>(32)};
  EXPECT_THAT(more.message(config), HasSubstr("bert.encoder.layer.2.output.dense.bias"));
  nn::BertConfig wide = config;
  wide.ffn_dim = 64;
  EXPECT_THAT(Tensors().message(wide), HasSubstr("expected [64,32], file has [48,32]"));
}

TEST(Bert, CountsItsBytes) {
  // Every matrix as f32, rows padded to 16, and the vectors that stand beside them.
  const auto bert = Tensors().load(tiny_config());
  const size_t layer = 4 * (32 * 32 + 32) + (48 * 32 + 48) + (32 * 48 + 32);
  const size_t around = 96 * 32 + (24 + 2) * 32 + 32 * 32 + 16 * 32;
  EXPECT_EQ(bert->weight_bytes(), 4 * (2 * layer + around));
}

TEST(Bert, DependsNeitherOnThreadsNorOnTheBatch) {
  const auto bert = Tensors().load(tiny_config());
  const auto both = run(*bert, kTwo);
  EXPECT_EQ(run(*bert, kTwo, 3), both);
  const auto first = run(*bert, {.ids = {2, 10, 11, 12, 3}, .lengths = {5}});
  const auto second = run(*bert, {.ids = {2, 70, 3}, .lengths = {3}});
  EXPECT_TRUE(std::equal(first.begin(), first.end(), both.begin()));
  EXPECT_TRUE(std::equal(second.begin(), second.end(), both.begin() + 5 * 32));
}

TEST(Bert, KeepsItsScratchBetweenCallsOfAnySize) {
  const auto bert = Tensors().load(tiny_config());
  ThreadPool pool(2);
  BertScratch scratch;
  const BertInput one = {.ids = {2, 70, 3}, .lengths = {3}};
  static_cast<void>(bert->forward(kTwo, scratch, pool));
  const auto again = bert->forward(one, scratch, pool);
  EXPECT_EQ(std::vector<float>(again.begin(), again.end()), run(*bert, one));
}

TEST(Bert, LeavesUnseenTokensOutOfTheOthers) {
  const auto bert = Tensors().load(tiny_config());
  BertInput input = {.ids = {2, 10, 3, 0, 0}, .lengths = {5}, .seen = {1, 1, 1, 0, 0}};
  const auto padded = run(*bert, input);
  input.ids[4] = 50;
  const auto other = run(*bert, input);
  EXPECT_TRUE(std::equal(padded.begin(), padded.begin() + 4 * 32, other.begin()));
  const auto alone = run(*bert, {.ids = {2, 10, 3}, .lengths = {3}});
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), padded.begin()));
  // All seen is as no mask.
  EXPECT_EQ(run(*bert, {.ids = {2, 10, 3}, .lengths = {3}, .seen = {1, 1, 1}}), alone);
}

TEST(Bert, ShowsTheTypesOfTokens) {
  const auto bert = Tensors().load(tiny_config());
  const BertInput plain = {.ids = {2, 10, 3}, .lengths = {3}};
  BertInput typed = plain;
  typed.types = {0, 0, 0};
  EXPECT_EQ(run(*bert, typed), run(*bert, plain));
  typed.types = {0, 1, 1};
  EXPECT_NE(run(*bert, typed), run(*bert, plain));
}

TEST(Bert, RefusesInputOutOfRange) {
  const auto bert = Tensors().load(tiny_config());
  const auto message = [&](const BertInput& input) {
    const auto checked = bert->check(input);
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(message(kTwo), "");
  EXPECT_EQ(message({.ids = {2, 84}, .lengths = {2}}),
            "[lm/bert] sequence 0: expected ids from 0 to 83, found 84");
  EXPECT_EQ(message({.ids = {2, 3, -1}, .lengths = {2, 1}}),
            "[lm/bert] sequence 1: expected ids from 0 to 83, found -1");
  EXPECT_EQ(message({.ids = {2}, .lengths = {1}, .types = {2}}),
            "[lm/bert] sequence 0: expected token types from 0 to 1, found 2");
  EXPECT_EQ(message({.ids = std::vector<int32_t>(25), .lengths = {25}}),
            "[lm/bert] sequence 0: expected 1 to 24 tokens, found 25");
  EXPECT_EQ(message({.ids = {2}, .lengths = {1, 0}}),
            "[lm/bert] sequence 1: expected 1 to 24 tokens, found 0");
  EXPECT_EQ(message({.ids = {2}, .lengths = {1}, .seen = {0}}),
            "[lm/bert] sequence 0: expected a mask with at least one 1, found 0");
  EXPECT_THROW(static_cast<void>(bert->check({.ids = {2}, .lengths = {2}})), SextantError);
}

TEST(Bert, RunsNothingAsNothing) {
  const auto bert = Tensors().load(tiny_config());
  EXPECT_TRUE(run(*bert, {}).empty());
}

}  // namespace
}  // namespace sextant::lm
