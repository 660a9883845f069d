#include "sextant/train/classification_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/dataset_sample.h"
#include "support/temp_folder.h"
#include "support/test_data.h"
#include "support/tokenizer_data.h"

namespace sextant::train {
namespace {

using test_data::sample;
using testing::ElementsAre;
using testing::HasSubstr;

// Words a to e as ids 4 to 8, [CLS] and [SEP] around.
text::Tokenizer small_tokenizer() {
  constexpr std::string_view kJson = R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
      {"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true}],
    "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "decoder": null,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3,
                        "a": 4, "b": 5, "c": 6, "d": 7, "e": 8}}})";
  return text::Tokenizer::from_hf_json(kJson).value();
}

class Classification : public testing::Test {
 protected:
  Result<std::unique_ptr<ClassificationDataset>> open(std::string_view name, std::string_view bytes,
                                                      ClassificationOptions options = {}) {
    options.file = folder_.write(name, bytes);
    return ClassificationDataset::open(options, tokenizer_);
  }
  std::string message(std::string_view name, std::string_view bytes,
                      const ClassificationOptions& options = {}) {
    const auto set = open(name, bytes, options);
    return set ? "accepted" : set.error().message;
  }
  const text::Tokenizer tokenizer_ = small_tokenizer();
  test_data::TempFolder folder_;
};

TEST_F(Classification, PadsAndMasks) {
  const auto set = open("x.tsv", "label\tsentence\n1\ta b\n0\tq\n", {.max_length = 6}).value();
  EXPECT_EQ(set->size(), 2);
  EXPECT_EQ(set->classes(), 2);
  EXPECT_EQ(set->truncated(), 0);
  EXPECT_EQ(set->fields()[0], (FieldSpec{"input_ids", DType::kI64, {6}}));
  EXPECT_EQ(set->fields()[1], (FieldSpec{"attention_mask", DType::kI64, {6}}));
  EXPECT_EQ(set->fields()[2], (FieldSpec{"labels", DType::kI64, {}}));
  EXPECT_THAT(sample<int64_t>(*set, 0, 0), ElementsAre(2, 4, 5, 3, 0, 0));
  EXPECT_THAT(sample<int64_t>(*set, 0, 1), ElementsAre(1, 1, 1, 1, 0, 0));
  EXPECT_THAT(sample<int64_t>(*set, 0, 2), ElementsAre(1));
  EXPECT_THAT(sample<int64_t>(*set, 1, 0), ElementsAre(2, 1, 3, 0, 0, 0));
}

TEST_F(Classification, CutsTheTextAndKeepsWhatIsAdded) {
  const std::string row = "label\tsentence\n0\ta b c d e\n";
  const auto set = open("x.tsv", row, {.max_length = 5}).value();
  EXPECT_THAT(sample<int64_t>(*set, 0, 0), ElementsAre(2, 4, 5, 6, 3));
  EXPECT_THAT(sample<int64_t>(*set, 0, 1), ElementsAre(1, 1, 1, 1, 1));
  EXPECT_EQ(set->truncated(), 1);
  EXPECT_THAT(sample<int64_t>(*open("x.tsv", row, {.max_length = 2}).value(), 0, 0),
              ElementsAre(2, 3));
  EXPECT_THAT(sample<int64_t>(*open("x.tsv", row, {.max_length = 1}).value(), 0, 0),
              ElementsAre(2));
}

TEST_F(Classification, ReadsJsonLinesWithNames) {
  ClassificationOptions options{.max_length = 4};
  options.columns = {.text = "t", .label = "l", .label_names = {"no", "perhaps", "yes"}};
  options.padding = 9;
  const auto set = open("x.jsonl", "{\"t\":\"a\",\"l\":\"perhaps\"}\n", options).value();
  EXPECT_EQ(set->classes(), 3);
  EXPECT_THAT(sample<int64_t>(*set, 0, 0), ElementsAre(2, 4, 3, 9));
  EXPECT_THAT(sample<int64_t>(*set, 0, 2), ElementsAre(1));
}

TEST_F(Classification, RowsMayHaveNoLabel) {
  ClassificationOptions options{.max_length = 4, .classes = 2};
  options.columns.label = "";
  const auto set = open("x.tsv", "sentence\na\n", options).value();
  EXPECT_EQ(set->classes(), 2);
  EXPECT_THAT(sample<int64_t>(*set, 0, 2), ElementsAre(kIgnoredLabel));
}

TEST_F(Classification, RefusesWrongFiles) {
  EXPECT_THAT(message("x.tsv", "label\tsentence\n2\ta\n", {.classes = 2}),
              HasSubstr("[train/classification] row 0: label: expected 0 to 1, found 2 ("));
  EXPECT_THAT(message("x.tsv", "label\tsentence\n"), HasSubstr("expected rows, found none ("));
  EXPECT_THAT(message("x.tsv", "label\tsentence\n1\n"), HasSubstr("line 2: expected 2 fields"));
  EXPECT_THAT(message("x.csv", "label,sentence\n"),
              HasSubstr("expected a name that ends with .tsv or .jsonl (or .gz of them), found"));
  EXPECT_EQ(message("x.tsv", "", {.max_length = 0}),
            "[train/classification] max_length: expected 1 to 1048576, found 0");
  EXPECT_EQ(ClassificationDataset::open({.file = folder_ / "none.tsv"}, tokenizer_).error().code,
            ErrorCode::kNotFound);
}

TEST_F(Classification, NeedsAPaddingToken) {
  const auto path = test_data::shared("data/lm-stories260k/tok512.bin");
  if (!path) GTEST_SKIP() << "needs data/lm-stories260k";
  const auto other = text::Tokenizer::from_llama2c_vocab(test_data::read(*path)).value();
  const auto set = ClassificationDataset::open({.file = "x.tsv"}, other);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message,
            "[train/classification] padding: the tokenizer has no [PAD] or <pad>, name an id");
}

// Counts of the data's own README; the first sentence's ids are those of bert-base-uncased.
TEST(ClassificationFiles, ReadsSst2) {
  const auto folder = test_data::shared("data/text-glue");
  const auto vocabulary = test_data::bert_vocabulary();
  if (!folder || !vocabulary) GTEST_SKIP() << "needs data/text-glue and data/tokenizers";
  const auto tokenizer = text::Tokenizer::from_gguf(*vocabulary).value();
  for (const auto& [file, column, rows] : {std::tuple{"SST-2.train.tsv.gz", "sentence", 67349},
                                           std::tuple{"SST-2.dev.tsv.gz", "content", 872},
                                           std::tuple{"SST-2.test.tsv.gz", "content", 1821}}) {
    ClassificationOptions options{.file = *folder / file, .max_length = 64, .classes = 2};
    options.columns.text = column;
    const auto set = ClassificationDataset::open(options, tokenizer).value();
    EXPECT_EQ(set->size(), rows) << file;
    if (rows == 67349) {
      auto ids = sample<int64_t>(*set, 0, 0);
      ids.resize(11);
      EXPECT_THAT(ids, ElementsAre(101, 5342, 2047, 3595, 8496, 2013, 1996, 18643, 3197, 102, 0));
    }
  }
  ClassificationOptions pairs{.file = *folder / "RTE.dev.tsv.gz"};
  pairs.columns = {.text = "sentence1", .label_names = {"entailment", "not_entailment"}};
  EXPECT_EQ(ClassificationDataset::open(pairs, tokenizer).value()->classes(), 2);
}

}  // namespace
}  // namespace sextant::train
