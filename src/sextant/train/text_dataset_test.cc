#include "sextant/train/text_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/dataset_sample.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using test_data::sample;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kNone = kIgnoredLabel;

std::string message(const TextOptions& options) {
  const auto set = TextDataset::open(options);
  return set ? "accepted" : set.error().message;
}

// "abcdefg" and "hijk" in two files.
class Documents : public testing::Test {
 protected:
  Documents() {
    folder_.write("1.txt", "abcdefg");
    folder_.write("2.txt", "hijk");
    folder_.write("3.txt", "");
    folder_.write("other.md", "not text");
    options_.paths = {folder_.path()};
    options_.context = 4;
  }
  // All windows as text.
  std::vector<std::string> windows() const {
    const auto set = TextDataset::open(options_).value();
    std::vector<std::string> out;
    for (int64_t i = 0; i < set->size(); ++i) {
      const auto ids = sample<int64_t>(*set, i, 0);
      out.emplace_back(ids.begin(), ids.end());
    }
    return out;
  }
  test_data::TempFolder folder_;
  TextOptions options_;
};

TEST_F(Documents, BecomeWindows) {
  const auto set = TextDataset::open(options_).value();
  EXPECT_EQ(set->tokens(), 11);
  EXPECT_EQ(set->documents(), 2);
  EXPECT_EQ(set->fields().size(), 2U);
  EXPECT_THAT(windows(), ElementsAre("abcd", "efgh"));
  EXPECT_THAT(sample<int64_t>(*set, 0, 1), ElementsAre('b', 'c', 'd', 'e'));
  // No label across the border behind "g", but one from "h" on.
  EXPECT_THAT(sample<int64_t>(*set, 1, 1), ElementsAre('f', 'g', kNone, 'i'));
}

TEST_F(Documents, OverlapByStride) {
  options_.stride = 3;
  EXPECT_THAT(windows(), ElementsAre("abcd", "defg", "ghij"));
  options_.stride = 7;
  EXPECT_THAT(windows(), ElementsAre("abcd", "hijk"));
  const auto set = TextDataset::open(options_).value();
  EXPECT_THAT(sample<int64_t>(*set, 1, 1), ElementsAre('i', 'j', 'k', kNone));
}

TEST_F(Documents, HaveSegments) {
  options_.segment_ids = true;
  options_.stride = 1;
  const auto set = TextDataset::open(options_).value();
  EXPECT_EQ(set->fields()[2], (FieldSpec{"segment_ids", DType::kI64, {4}}));
  EXPECT_THAT(sample<int64_t>(*set, 0, 2), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(sample<int64_t>(*set, 5, 2), ElementsAre(0, 0, 1, 1));  // "fghi"
  EXPECT_THAT(sample<int64_t>(*set, 7, 2), ElementsAre(0, 0, 0, 0));  // "hijk"
}

TEST_F(Documents, EndWithATokenIfWanted) {
  options_.end_token = '.';
  EXPECT_THAT(windows(), ElementsAre("abcd", "efg.", "hijk"));
  const auto set = TextDataset::open(options_).value();
  EXPECT_THAT(sample<int64_t>(*set, 1, 1), ElementsAre('f', 'g', '.', kNone));
}

TEST_F(Documents, AreHeldOutByName) {
  options_.held_out_documents = {"2.txt"};
  options_.split = TextSplit::kTraining;
  options_.context = 2;
  EXPECT_THAT(windows(), ElementsAre("ab", "cd", "ef"));
  options_.split = TextSplit::kHeldOut;
  EXPECT_THAT(windows(), ElementsAre("hi", "jk"));
  options_.held_out_documents = {"4.txt"};
  EXPECT_EQ(message(options_), "[train/text] held_out_documents: no file is named \"4.txt\"");
}

TEST_F(Documents, AreHeldOutByTheirTails) {
  options_.held_out_tail = 0.3;  // 2.1 of 7 and 1.2 of 4 tokens
  options_.split = TextSplit::kTraining;
  options_.context = 1;
  EXPECT_THAT(windows(), ElementsAre("a", "b", "c", "d", "e", "h", "i", "j"));
  options_.split = TextSplit::kHeldOut;
  EXPECT_THAT(windows(), ElementsAre("f", "g", "k"));
  const auto set = TextDataset::open(options_).value();
  EXPECT_EQ(set->documents(), 2);
  EXPECT_THAT(sample<int64_t>(*set, 1, 1), ElementsAre(kNone));
  options_.split = TextSplit::kAll;
  EXPECT_EQ(windows().size(), 11U);
}

TEST_F(Documents, RefusesOptionsOutOfRange) {
  options_.context = 12;
  EXPECT_EQ(message(options_),
            "[train/text] text: expected at least one window of 12 tokens, found 11 tokens in 2 "
            "documents");
  EXPECT_EQ(message({.paths = {folder_.path()}, .context = 0}),
            "[train/text] context: expected 1 to 16777216 tokens, found 0");
  EXPECT_EQ(message({.paths = {folder_.path()}, .stride = -1}),
            "[train/text] stride: expected 0 or more tokens, found -1");
  EXPECT_EQ(message({.paths = {folder_.path()}, .end_token = 256}),
            "[train/text] end_token: expected a byte, found 256");
  EXPECT_EQ(message({.paths = {folder_.path()}, .held_out_tail = 1.5}),
            "[train/text] held_out_tail: expected a share of 0 to 1, found 1.5");
  EXPECT_EQ(message({}), "[train/text] paths: expected files or folders, found none");
  EXPECT_EQ(TextDataset::open({.paths = {folder_ / "none"}}).error().code, ErrorCode::kNotFound);
  const test_data::TempFolder empty;
  EXPECT_THAT(message({.paths = {empty.path()}}),
              HasSubstr("expected .txt or .txt.gz files, found none"));
}

TEST_F(Documents, BecomeTokensOfATokenizer) {
  const auto path = test_data::shared("data/lm-stories260k/tok512.bin");
  if (!path) GTEST_SKIP() << "needs data/lm-stories260k";
  const auto tokenizer = text::Tokenizer::from_llama2c_vocab(test_data::read(*path)).value();
  folder_.write("1.txt", "Once upon a time there was a little dog.");
  options_.context = 3;
  options_.end_token = tokenizer.eos();
  const auto set = TextDataset::open(options_, &tokenizer).value();
  const auto ids = tokenizer.encode("Once upon a time there was a little dog.", {});
  EXPECT_THAT(sample<int64_t>(*set, 0, 0), ElementsAre(ids[0], ids[1], ids[2]));
  EXPECT_THAT(sample<int64_t>(*set, 0, 1), ElementsAre(ids[1], ids[2], ids[3]));
  EXPECT_EQ(set->tokens(),
            static_cast<int64_t>(ids.size() + tokenizer.encode("hijk", {}).size() + 2));
}

TEST(TextDataset, ReadsTheBooks) {
  const auto folder = test_data::shared("data/text-books");
  if (!folder) GTEST_SKIP() << "needs data/text-books";
  TextOptions options{.paths = {*folder}, .context = 128};
  const auto all = TextDataset::open(options).value();
  EXPECT_EQ(all->documents(), 8);
  options.split = TextSplit::kTraining;
  const auto training = TextDataset::open(options).value();
  options.split = TextSplit::kHeldOut;
  const auto held_out = TextDataset::open(options).value();
  EXPECT_EQ(training->tokens() + held_out->tokens(), all->tokens());
  EXPECT_NEAR(static_cast<double>(held_out->tokens()), static_cast<double>(all->tokens()) / 10, 8);
  EXPECT_EQ(all->size(), all->tokens() / 128);
  options.held_out_documents = {"war-and-peace.txt.gz"};
  EXPECT_EQ(TextDataset::open(options).value()->tokens(), 3359542);  // the size of the text
}

}  // namespace
}  // namespace sextant::train
