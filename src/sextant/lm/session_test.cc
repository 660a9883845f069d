#include "sextant/lm/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/utf8.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;

class SessionTest : public ::testing::Test {
 protected:
  std::vector<int32_t> ids(std::string_view text) const {
    return model_.tokenizer.encode(text, {.add_special = true});
  }
  Result<GenerateResult> run(Session& session, std::span<const int32_t> prompt,
                             const GenerateOptions& options) {
    return session.generate(prompt, options, [this](std::string_view piece) { shown_ += piece; },
                            {.pool = pool_});
  }

  ThreadPool pool_{2};
  LanguageModel model_ = value_or_throw(
      load_language_model(test_data::repository("models/stories260k"), {.pool = pool_}));
  std::string shown_;
};

TEST_F(SessionTest, ShowsWhatItReturns) {
  Session session(model_, 0, Precision::kF32);
  const auto result = run(session, ids("Once upon a time"), {.max_tokens = 20});
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->text, shown_);
  EXPECT_EQ(result->tokens.size(), 20u);
  EXPECT_EQ(result->reason, StopReason::kMaxTokens);
  EXPECT_THAT(result->text, HasSubstr("there was a little girl named Lily"));
  EXPECT_EQ(session.context_length(), 512);
}

TEST_F(SessionTest, StopStringEndsTheTextBeforeIt) {
  Session session(model_, 0, Precision::kF32);
  const auto result =
      run(session, ids("Once upon a time"), {.max_tokens = 60, .stop = {"Lily", "zebra"}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->reason, StopReason::kStopString);
  EXPECT_EQ(result->text, ", there was a little girl named ");
  EXPECT_EQ(result->text, shown_);
}

TEST_F(SessionTest, ContinuedConversationEqualsAFreshOne) {
  const auto first = ids("Once upon a time");
  Session kept(model_, 0, Precision::kF32);
  const auto start = value_or_throw(run(kept, first, {.max_tokens = 10}));
  std::vector<int32_t> longer = first;
  longer.insert(longer.end(), start.tokens.begin(), start.tokens.end());
  const auto more = ids(" They");
  longer.insert(longer.end(), more.begin() + 1, more.end());
  const auto continued = value_or_throw(run(kept, longer, {.max_tokens = 15}));
  Session fresh(model_, 0, Precision::kF32);
  const auto anew = value_or_throw(run(fresh, longer, {.max_tokens = 15}));
  EXPECT_EQ(continued.tokens, anew.tokens);
  EXPECT_EQ(anew.cached_tokens, 0);
  // All of the first text but the last token, which was never read.
  EXPECT_EQ(continued.cached_tokens, static_cast<int64_t>(first.size() + start.tokens.size()) - 1);
}

TEST_F(SessionTest, AnotherPromptReplacesTheOldOne) {
  Session session(model_, 0, Precision::kF32);
  value_or_throw(run(session, ids("Once upon a time there was a cat"), {.max_tokens = 5}));
  const auto again = value_or_throw(run(session, ids("Tom had a red ball"), {.max_tokens = 12}));
  Session fresh(model_, 0, Precision::kF32);
  EXPECT_EQ(again.tokens,
            value_or_throw(run(fresh, ids("Tom had a red ball"), {.max_tokens = 12})).tokens);
}

TEST_F(SessionTest, ThreadsDoNotChangeTheText) {
  std::vector<std::vector<int32_t>> texts;
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    Session session(model_, 0, Precision::kInt8);
    texts.push_back(value_or_throw(session.generate(ids("Once"),
                                                    {.max_tokens = 40,
                                                     .sampling = {.temperature = 1, .seed = 3}},
                                                    [](std::string_view) {}, {.pool = pool}))
                        .tokens);
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(texts[0], texts[2]);
}

TEST_F(SessionTest, EndsWhereTheContextIsFull) {
  const auto prompt = ids("Once upon a time");
  Session session(model_, static_cast<int64_t>(prompt.size()) + 3, Precision::kF32);
  const auto result = value_or_throw(run(session, prompt, {.max_tokens = 50}));
  EXPECT_EQ(result.reason, StopReason::kContextFull);
  EXPECT_EQ(result.tokens.size(), 4u);  // three that were read again, and the one they predict
}

TEST_F(SessionTest, RefusesAPromptThatLeavesNoRoom) {
  Session session(model_, 4, Precision::kF32);
  const auto result = run(session, ids("Once upon a time there was"), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kOutOfRange);
  EXPECT_THAT(result.error().message, HasSubstr("expected fewer than 4 tokens (the context)"));
}

TEST_F(SessionTest, RefusesWhatIsNoPrompt) {
  Session session(model_, 0, Precision::kF32);
  EXPECT_THAT(run(session, {}, {}).error().message, HasSubstr("at least one token"));
  const std::vector<int32_t> wild = {1, 512};
  EXPECT_THAT(run(session, wild, {}).error().message, HasSubstr("from 0 to 511, found 512"));
  EXPECT_THAT(run(session, ids("a"), {.sampling = {.top_p = 2.0f}}).error().message,
              HasSubstr("top-p"));
}

TEST_F(SessionTest, CancelKeepsTheTextSoFar) {
  Session session(model_, 0, Precision::kF32);
  CancelToken cancel;
  int pieces = 0;
  const auto stop_soon = [&](std::string_view) {
    if (++pieces == 3) {
      cancel.cancel();
    }
  };
  const auto result = session.generate(ids("Once upon a time"), {.max_tokens = 100}, stop_soon,
                                       {.pool = pool_, .cancel = &cancel});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->reason, StopReason::kCancelled);
  EXPECT_FALSE(result->text.empty());
  EXPECT_LT(result->tokens.size(), 10u);
  // A set token stops the reading of a prompt as well.
  const auto unread =
      session.generate(ids("Another text"), {}, stop_soon, {.pool = pool_, .cancel = &cancel});
  EXPECT_EQ(unread.error().code, ErrorCode::kCancelled);
}

TEST_F(SessionTest, PiecesAreWholeCharacters) {
  Session session(model_, 0, Precision::kF32);
  const auto sink = [](std::string_view piece) { EXPECT_TRUE(is_valid_utf8(piece)); };
  value_or_throw(session.generate(
      ids("Once"),
      {.max_tokens = 200, .sampling = {.temperature = 3, .seed = 5}, .ignore_eos = true}, sink,
      {.pool = pool_}));
}

}  // namespace
}  // namespace sextant::lm
