#include "sextant/cli/language_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace sextant::cli {
namespace {

using ::testing::HasSubstr;

lm::GenerateResult result_with(lm::StopReason reason) {
  return {.text = "Hi \"you\"",
          .tokens = {7, 8, 9},
          .reason = reason,
          .prompt_tokens = 12,
          .cached_tokens = 2,
          .prompt_seconds = 0.5,
          .decode_seconds = 2};
}

TEST(LanguageOptions, PrecisionsHaveNames) {
  EXPECT_EQ(precision_named("f32"), lm::Precision::kF32);
  EXPECT_EQ(precision_named("int16"), lm::Precision::kInt16);
  EXPECT_EQ(precision_named("int8"), lm::Precision::kInt8);
  for (const char* other : {"", "F32", "int", "int80", "fp8"}) {
    EXPECT_EQ(precision_named(other), std::nullopt) << other;
  }
}

TEST(LanguageOptions, TimingCountsOnlyWhatWasRead) {
  EXPECT_EQ(timing_text(result_with(lm::StopReason::kMaxTokens)),
            "10 prompt tokens in 0.50 s (20/s), 3 tokens in 2.00 s (1.5/s)");
  // No time measured: no division by it.
  EXPECT_EQ(timing_text({}), "0 prompt tokens in 0.00 s (0/s), 0 tokens in 0.00 s (0.0/s)");
}

TEST(LanguageOptions, ResultsHaveTheSameFieldsInTheSameOrder) {
  EXPECT_EQ(result_json(result_with(lm::StopReason::kStopString)).dump(),
            R"({"text":"Hi \"you\"","finish_reason":"stop_string","tokens":[7,8,9],)"
            R"("prompt_tokens":12,"cached_tokens":2,"generated_tokens":3,)"
            R"("prompt_seconds":0.5,"decode_seconds":2.0})");
}

TEST(LanguageOptions, EarlyEndsAreExplained) {
  const auto text = [](lm::StopReason reason) { return ending_text(result_with(reason), 64); };
  EXPECT_EQ(text(lm::StopReason::kEndOfText), "");
  EXPECT_EQ(text(lm::StopReason::kStopString), "");
  EXPECT_EQ(text(lm::StopReason::kMaxTokens), "stopped at --max-tokens");
  EXPECT_EQ(text(lm::StopReason::kCancelled), "interrupted; the text so far is kept");
  EXPECT_THAT(text(lm::StopReason::kContextFull), HasSubstr("the context of 64 tokens is full"));
}

TEST(LanguageOptions, TextOptionsBecomeGenerateOptions) {
  CLI::App app;
  TextOptions options;
  options.declare(app, 33);
  app.parse("--stop a --stop b --ignore-eos --temperature 0.5 --top-k 3 --seed 9 --json");
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.context, 0);
  const lm::GenerateOptions made = options.generate_options();
  EXPECT_EQ(made.max_tokens, 33);
  EXPECT_EQ(made.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(made.ignore_eos);
  EXPECT_EQ(made.sampling.temperature, 0.5F);
  EXPECT_EQ(made.sampling.top_k, 3);
  EXPECT_EQ(options.sampling.seed, 9U);
}

TEST(LanguageOptions, TextIsReadUpToItsLimit) {
  const test_data::TempFolder folder;
  const std::string path = folder.write("a.txt", "12345").string();
  EXPECT_EQ(read_text(path).value(), "12345");
  EXPECT_EQ(read_text(path, 5).value(), "12345");
  const auto large = read_text(path, 4);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(large.error().message, "[cli] " + path + ": expected at most 4 bytes, found 5");
  EXPECT_EQ(read_text(folder.write("empty", "").string(), 0).value(), "");
}

TEST(LanguageOptions, TextOfAMissingFileIsNamed) {
  const test_data::TempFolder folder;
  const auto none = read_text((folder / "none.txt").string());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message, HasSubstr("none.txt"));
}

}  // namespace
}  // namespace sextant::cli
