// Sessions over the tiny Mistral and Qwen2 models of tests/parity/lm: sliding window, biases, a
// tied head, and what a session keeps in its cache.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/json.h"
#include "sextant/io/open_tensors.h"
#include "sextant/lm/session.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

// 96 tokens, as the models have: three control tokens and printable characters.
text::Tokenizer letters() {
  text::GgufVocabulary v;
  v.model = "llama";
  v.tokens = {"<unk>", "<s>", "</s>"};
  v.types = {2, 3, 3};
  for (char c = '!'; c <= '~'; ++c) {
    if (v.tokens.size() < 96) {
      v.tokens.emplace_back(1, c);
      v.types.push_back(1);
    }
  }
  v.scores.assign(96, 0.0f);
  v.bos = 1;
  v.eos = 2;
  return value_or_throw(text::Tokenizer::from_gguf(std::move(v)));
}

LanguageModel load_tiny(const std::string& family, ThreadPool& pool) {
  const auto folder = test_data::repository("tests/parity/lm") / family;
  const Json json =
      value_or_throw(parse_json(test_data::read(folder / "config.json"), "config.json"));
  const auto source = value_or_throw(io::open_tensors(folder / "model.safetensors"));
  return {
      .name = family,
      .path = folder,
      .decoder = value_or_throw(Decoder::load(*source, value_or_throw(config_from_hf(json)), pool)),
      .tokenizer = letters(),
      .chat_template = "",
      .eos = {}};
}

class SessionFamilies : public ::testing::TestWithParam<const char*> {
 protected:
  // Each token from the whole text before it, in a cache of its own.
  std::vector<int32_t> greedy_without_session(std::vector<int32_t> text, size_t count) {
    std::vector<int32_t> out;
    std::vector<float> logits(96);
    while (out.size() < count) {
      DecoderState state =
          model_.decoder.make_state(static_cast<int64_t>(text.size()), Precision::kF32);
      const auto hidden = model_.decoder.forward(text, state, pool_);
      model_.decoder.logits(hidden.last(32), logits, state, pool_);
      out.push_back(
          static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
      text.push_back(out.back());
    }
    return out;
  }

  std::vector<int32_t> prompt(size_t length, int32_t seed) const {
    std::vector<int32_t> ids;
    for (size_t i = 0; i < length; ++i) {
      ids.push_back((static_cast<int32_t>(i) * 29 + seed * 11) % 93 + 3);
    }
    return ids;
  }

  GenerateResult run(Session& session, std::span<const int32_t> prompt, int64_t count) {
    return value_or_throw(session.generate(prompt, {.max_tokens = count, .ignore_eos = true},
                                           [](std::string_view) {}, {.pool = pool_}));
  }

  ThreadPool pool_{2};
  LanguageModel model_ = load_tiny(GetParam(), pool_);
};

// 12 + 15 tokens go several times over the window of Mistral (7).
TEST_P(SessionFamilies, GreedyTextIsThatOfTheNetworkAlone) {
  Session session(model_, 0, Precision::kF32);
  EXPECT_EQ(session.context_length(), 32);
  for (const int32_t seed : {1, 2}) {
    const auto text = prompt(12, seed);
    EXPECT_EQ(run(session, text, 15).tokens, greedy_without_session(text, 15)) << seed;
  }
}

TEST_P(SessionFamilies, ALongerPromptComputesOnlyWhatIsNew) {
  Session session(model_, 0, Precision::kF32);
  auto text = prompt(10, 3);
  const auto first = run(session, text, 6);
  EXPECT_EQ(first.cached_tokens, 0);
  text.insert(text.end(), first.tokens.begin(), first.tokens.end());
  text.push_back(40);
  const auto second = run(session, text, 8);
  // All but the last answered token, which nobody has read yet, and the new one.
  EXPECT_EQ(second.cached_tokens, 15);
  EXPECT_EQ(second.prompt_tokens, 17);
  EXPECT_EQ(second.tokens, greedy_without_session(text, 8));
}

// What is left of the longer text behind the cut does not count.
TEST_P(SessionFamilies, APromptThatForksForgetsTheRest) {
  Session session(model_, 0, Precision::kF32);
  auto text = prompt(20, 4);
  run(session, text, 8);
  text.resize(9);
  text.back() = 5;
  const auto forked = run(session, text, 10);
  EXPECT_EQ(forked.cached_tokens, 8);
  EXPECT_EQ(forked.tokens, greedy_without_session(text, 10));
  EXPECT_EQ(session.length(), 18);  // nine, and the ten but the last
}

TEST_P(SessionFamilies, TheSamePromptAgainReadsItsLastToken) {
  Session session(model_, 0, Precision::kF32);
  const auto text = prompt(11, 5);
  const auto first = run(session, text, 9);
  const auto second = run(session, text, 9);
  EXPECT_EQ(second.cached_tokens, 10);
  EXPECT_EQ(second.tokens, first.tokens);
}

TEST_P(SessionFamilies, EndTokensEndTheTextUnlessIgnored) {
  const auto text = prompt(12, 1);
  const auto all = greedy_without_session(text, 12);
  // The first token that did not appear before ends the text where it appears.
  size_t at = 3;
  while (at < all.size() && std::find(all.begin(), all.begin() + static_cast<int64_t>(at),
                                      all[at]) != all.begin() + static_cast<int64_t>(at)) {
    ++at;
  }
  ASSERT_LT(at, all.size()) << "the text repeats itself";
  model_.eos = {all[at]};
  Session session(model_, 0, Precision::kF32);
  const auto result = value_or_throw(
      session.generate(text, {.max_tokens = 12}, [](std::string_view) {}, {.pool = pool_}));
  EXPECT_EQ(result.reason, StopReason::kEndOfText);
  EXPECT_EQ(result.tokens,
            std::vector<int32_t>(all.begin(), all.begin() + static_cast<int64_t>(at)));
  EXPECT_EQ(run(session, text, 12).tokens, all);
}

INSTANTIATE_TEST_SUITE_P(Tiny, SessionFamilies, ::testing::Values("llama", "mistral", "qwen2"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace sextant::lm
