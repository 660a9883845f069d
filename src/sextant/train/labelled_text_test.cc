#include "sextant/train/labelled_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "sextant/train/dataset.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using Rows = std::vector<std::pair<std::string, int64_t>>;

Result<Rows> collect(bool json, std::string_view bytes, const LabelledColumns& columns) {
  Rows rows;
  const auto row = [&](std::string_view text, int64_t label) -> Result<void> {
    rows.emplace_back(text, label);
    return {};
  };
  SEXTANT_TRY_VOID(json ? read_labelled_jsonl(bytes, columns, "a.jsonl", row)
                        : read_labelled_tsv(bytes, columns, "a.tsv", row));
  return rows;
}

Rows tsv(std::string_view bytes, const LabelledColumns& columns = {}) {
  return collect(false, bytes, columns).value();
}

Rows jsonl(std::string_view bytes, const LabelledColumns& columns = {}) {
  return collect(true, bytes, columns).value();
}

std::string tsv_message(std::string_view bytes, const LabelledColumns& columns = {}) {
  const auto rows = collect(false, bytes, columns);
  return rows ? "accepted" : rows.error().message;
}

std::string jsonl_message(std::string_view bytes, const LabelledColumns& columns = {}) {
  const auto rows = collect(true, bytes, columns);
  return rows ? "accepted" : rows.error().message;
}

TEST(LabelledText, ReadsTsvByColumnNames) {
  EXPECT_THAT(tsv("label\tsentence\n1\ta \"quoted word\n0\t\n"),
              ElementsAre(Pair("a \"quoted word", 1), Pair("", 0)));
  EXPECT_THAT(tsv("\xef\xbb\xbfsentence\tx\tlabel\r\nhi\t-\t7\r\nyou\t-\t0"),
              ElementsAre(Pair("hi", 7), Pair("you", 0)));
  EXPECT_THAT(tsv("a\tb\nx\tyes\n", {.text = "a", .label = "b", .label_names = {"no", "yes"}}),
              ElementsAre(Pair("x", 1)));
  EXPECT_THAT(tsv("gj04\t1\t\tText\n", {.text = "4", .label = "2", .header = false}),
              ElementsAre(Pair("Text", 1)));
  EXPECT_THAT(tsv("index\tsentence\n0\tx\n", {.label = ""}), ElementsAre(Pair("x", kIgnoredLabel)));
  EXPECT_TRUE(tsv("label\tsentence\n").empty());
}

TEST(LabelledText, RefusesWrongTsv) {
  EXPECT_EQ(tsv_message(""), "[train/labelled_text] expected rows, found an empty file (a.tsv)");
  EXPECT_EQ(tsv_message("label\tcontent\n1\tx\n"),
            "[train/labelled_text] column \"sentence\": expected it once, the columns are label, "
            "content (a.tsv)");
  EXPECT_THAT(tsv_message("label\tsentence\tlabel\n"),
              HasSubstr("column \"label\": expected it once"));
  EXPECT_EQ(tsv_message("label\tsentence\n1\tx\n1\n"),
            "[train/labelled_text] line 3: expected 2 fields, found 1 (a.tsv)");
  EXPECT_EQ(tsv_message("label\tsentence\n1\tx\ty\n"),
            "[train/labelled_text] line 2: expected 2 fields, found 3 (a.tsv)");
  for (const std::string label : {"", "x", "-1", "1.5", " 1", "1048577", "99999999999999999999"}) {
    EXPECT_EQ(tsv_message("label\tsentence\n" + label + "\tx\n"),
              "[train/labelled_text] line 2: label: expected an integer of 0 to 1048576, found \"" +
                  label + "\" (a.tsv)");
  }
  EXPECT_EQ(tsv_message("label\tsentence\n1\tx\n", {.label_names = {"no", "yes"}}),
            "[train/labelled_text] line 2: label: expected one of no, yes, found \"1\" (a.tsv)");
  EXPECT_THAT(tsv_message("label\tsentence\n1\t" + std::string(9 << 20, 'x')),
              HasSubstr("line 2: expected at most 8388608 bytes, found 9437186"));
}

TEST(LabelledText, ReadsJsonLines) {
  EXPECT_THAT(jsonl("{\"sentence\": \"a\\tb\", \"label\": 2}\n\n{\"label\":0,\"sentence\":\"\"}"),
              ElementsAre(Pair("a\tb", 2), Pair("", 0)));
  const LabelledColumns named{.text = "t", .label = "l", .label_names = {"no", "yes"}};
  EXPECT_THAT(jsonl("{\"t\":\"x\",\"l\":\"yes\"}\n{\"t\":\"y\",\"l\":0}\n", named),
              ElementsAre(Pair("x", 1), Pair("y", 0)));
  EXPECT_THAT(jsonl("{\"sentence\":\"x\"}", {.label = ""}), ElementsAre(Pair("x", kIgnoredLabel)));
  EXPECT_THAT(jsonl("{\"sentence\":\"x\",\"label\":\"3\"}"), ElementsAre(Pair("x", 3)));
}

TEST(LabelledText, RefusesWrongJsonLines) {
  EXPECT_THAT(jsonl_message("{\"sentence\":\"x\",\"label\":1}\n{"),
              HasSubstr("[train/labelled_text] line 2: "));
  EXPECT_EQ(
      jsonl_message("[1]"),
      "[train/labelled_text] line 1: expected an object with a text \"sentence\", found array "
      "(a.jsonl)");
  EXPECT_EQ(jsonl_message("{\"text\":\"x\"}"),
            "[train/labelled_text] line 1: expected an object with a text \"sentence\", found none "
            "(a.jsonl)");
  EXPECT_EQ(jsonl_message("{\"sentence\":\"x\"}"),
            "[train/labelled_text] line 1: expected the key \"label\", found none (a.jsonl)");
  for (const std::string label : {"-1", "1.5", "null", "1048577", "18446744073709551615", "[1]"}) {
    EXPECT_EQ(jsonl_message("{\"sentence\":\"x\",\"label\":" + label + "}"),
              "[train/labelled_text] line 1: label: expected an integer of 0 to 1048576, found " +
                  label + " (a.jsonl)");
  }
  EXPECT_EQ(jsonl_message("{\"sentence\":\"x\",\"label\":2}", {.label_names = {"no", "yes"}}),
            "[train/labelled_text] line 1: label: expected 0 to 1 or a name, found 2 (a.jsonl)");
}

TEST(LabelledText, HandsErrorsOfRowsOn) {
  const auto row = [](std::string_view, int64_t) -> Result<void> {
    return fail(ErrorCode::kCancelled, "enough");
  };
  EXPECT_EQ(read_labelled_tsv("label\tsentence\n1\tx\n", {}, "a", row).error().message, "enough");
  EXPECT_EQ(read_labelled_jsonl("{\"sentence\":\"x\",\"label\":1}", {}, "a", row).error().message,
            "enough");
}

TEST(LabelledText, ReplaysItsCorpus) {
  int files = 0;
  const auto folder = test_data::repository("tests/fuzz_corpus/labelled_text");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string bytes = test_data::read(entry.path());
    static_cast<void>(collect(false, bytes, {}));
    static_cast<void>(collect(true, bytes, {}));
    ++files;
  }
  EXPECT_GT(files, 3);
}

}  // namespace
}  // namespace sextant::train
