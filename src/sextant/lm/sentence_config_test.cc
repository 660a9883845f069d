#include "sextant/lm/sentence_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;

Json module(const char* type, const char* path) {
  return {
      {"idx", 0}, {"type", std::string("sentence_transformers.models.") + type}, {"path", path}};
}

TEST(SentenceModules, ReadTheUsualThree) {
  const auto modules = sentence_modules_from_json(Json::array(
      {module("Transformer", ""), module("Pooling", "1_Pooling"), module("Normalize", "2_N")}));
  ASSERT_TRUE(modules) << modules.error().describe();
  EXPECT_EQ(modules->pooling_folder, "1_Pooling");
  EXPECT_TRUE(modules->normalise);
}

TEST(SentenceModules, NeedNoNormalisation) {
  const auto modules =
      sentence_modules_from_json(Json::array({module("Transformer", ""), module("Pooling", "p")}));
  ASSERT_TRUE(modules) << modules.error().describe();
  EXPECT_FALSE(modules->normalise);
}

TEST(SentenceModules, RefuseOthers) {
  const auto dense = sentence_modules_from_json(Json::array(
      {module("Transformer", ""), module("Pooling", "1_Pooling"), module("Dense", "2_Dense")}));
  ASSERT_FALSE(dense);
  EXPECT_EQ(dense.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(dense.error().message,
              HasSubstr("modules.json, module 2: expected a transformer at \"\", a pooling"));
  EXPECT_FALSE(sentence_modules_from_json(Json::array({module("Transformer", "0_T")})));
  EXPECT_FALSE(sentence_modules_from_json(Json::array({module("Pooling", "1_Pooling")})));
}

TEST(SentenceModules, StayInsideTheFolder) {
  for (const char* path : {"..", ".", "", "a/b", "/etc", "a\nb"}) {
    const auto modules = sentence_modules_from_json(
        Json::array({module("Transformer", ""), module("Pooling", path)}));
    ASSERT_FALSE(modules) << path;
    EXPECT_THAT(modules.error().message, HasSubstr("a folder beside it for the pooling"));
  }
}

TEST(SentenceModules, RefuseWhatIsNoList) {
  EXPECT_EQ(sentence_modules_from_json(Json::object()).error().message,
            "[lm/sentence] modules.json: expected a list of modules, found {}");
  EXPECT_THAT(sentence_modules_from_json(Json::array({5})).error().message,
              HasSubstr("expected objects with a type, found 5"));
}

TEST(Pooling, IsTheMeanOrTheFirstToken) {
  EXPECT_EQ(pooling_from_json({{"word_embedding_dimension", 384},
                               {"pooling_mode_cls_token", false},
                               {"pooling_mode_mean_tokens", true}}),
            Pooling::kMean);
  EXPECT_EQ(pooling_from_json({{"pooling_mode_cls_token", true}}), Pooling::kFirst);
}

TEST(Pooling, RefusesOthers) {
  for (const Json& config :
       {Json{{"pooling_mode_max_tokens", true}}, Json{{"pooling_mode_mean_tokens", false}},
        Json{{"pooling_mode_mean_tokens", true}, {"pooling_mode_cls_token", true}},
        Json{{"pooling_mode_mean_tokens", "yes"}}, Json::object()}) {
    const auto pooling = pooling_from_json(config);
    ASSERT_FALSE(pooling) << config;
    EXPECT_EQ(pooling.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(pooling.error().message, HasSubstr("expected pooling_mode_mean_tokens or"));
  }
  EXPECT_EQ(pooling_from_json(Json::array()).error().code, ErrorCode::kDataLoss);
}

TEST(SentenceLength, IsReadWhereItIsSet) {
  EXPECT_EQ(sentence_length_from_json({{"max_seq_length", 256}, {"do_lower_case", false}}).value(),
            256);
  EXPECT_EQ(sentence_length_from_json({{"max_seq_length", nullptr}}).value(), std::nullopt);
  EXPECT_EQ(sentence_length_from_json(Json::object()).value(), std::nullopt);
}

TEST(SentenceLength, RefusesWrongFields) {
  EXPECT_THAT(sentence_length_from_json({{"max_seq_length", 2}}).error().message,
              HasSubstr("a whole number of at least 3, found 2"));
  EXPECT_FALSE(sentence_length_from_json({{"max_seq_length", "256"}}));
  EXPECT_FALSE(sentence_length_from_json(Json::array()));
  EXPECT_EQ(sentence_length_from_json({{"do_lower_case", true}}).error().code,
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace sextant::lm
