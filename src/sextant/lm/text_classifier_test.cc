#include "sextant/lm/text_classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kTiny = test_data::repository("tests/parity/lm/bert");

// The tiny model with another configuration.
Result<TextClassifier> load_with(const std::function<void(Json&)>& change) {
  const test_data::TempFolder folder;
  for (const char* name : {"tokenizer.json", "model.safetensors"}) {
    folder.write(name, test_data::read(kTiny / name));
  }
  Json config = Json::parse(test_data::read(kTiny / "config.json"));
  change(config);
  folder.write("config.json", config.dump());
  ThreadPool pool(1);
  return TextClassifier::load(folder.path(), {.pool = pool});
}

TEST(TextClassifier, NamesItsClasses) {
  const auto named = load_with([](Json&) {});
  ASSERT_TRUE(named) << named.error().describe();
  EXPECT_THAT(named->labels(), ElementsAre("bad", "mixed", "good"));
  const auto unnamed = load_with([](Json& config) { config.erase("id2label"); });
  EXPECT_THAT(unnamed->labels(), ElementsAre("LABEL_0", "LABEL_1", "LABEL_2"));
}

TEST(TextClassifier, DependsNeitherOnThreadsNorOnTheOtherTexts) {
  ThreadPool one(1);
  ThreadPool three(3);
  const auto classifier = value_or_throw(TextClassifier::load(kTiny, {.pool = one}));
  const std::vector<std::string> texts(70, "the film was not very good");  // several batches
  const auto all = value_or_throw(classifier.logits(texts, {.pool = three}));
  const auto alone = value_or_throw(classifier.logits(std::span(texts).first(1), {.pool = one}));
  ASSERT_EQ(all.size(), 210U);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i], alone[i % 3]);
  }
}

TEST(TextClassifier, RefusesOtherHeads) {
  const auto several =
      load_with([](Json& config) { config["problem_type"] = "multi_label_classification"; });
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(several.error().message, HasSubstr("found another problem_type in config.json"));
  const auto minilm = test_data::repository("models/all-minilm-l6-v2");
  if (std::filesystem::exists(minilm)) {
    ThreadPool pool(1);
    EXPECT_THAT(TextClassifier::load(minilm, {.pool = pool}).error().message,
                HasSubstr("expected one that gives one class of several, found none"));
  }
}

}  // namespace
}  // namespace sextant::lm
