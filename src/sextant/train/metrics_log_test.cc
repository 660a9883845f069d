#include "sextant/train/metrics_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Result<std::vector<MetricsRecord>> parse_metrics(std::string_view text, std::string_view where) {
  std::vector<MetricsRecord> records;
  SEXTANT_TRY_VOID(
      read_metrics(text, where, [&](const MetricsRecord& record) { records.push_back(record); }));
  return records;
}

void write_steps(MetricsLog& log, int64_t first, int64_t last, double loss) {
  for (int64_t step = first; step <= last; ++step) {
    const Figure figures[] = {{"train/loss", loss}};
    log.write(step, static_cast<double>(step), figures);
  }
}

std::string message(std::string_view text) {
  const auto records = parse_metrics(text, "m.jsonl");
  return records ? "accepted" : records.error().message;
}

TEST(MetricsLog, WritesALineARecord) {
  const test_data::TempFolder folder;
  auto log = MetricsLog::open(folder / "m.jsonl", -1).value();
  const Figure figures[] = {{"train/loss", 2.25}, {"lr", 1e-3}};
  log.write(10, 12.50049, figures);
  const Figure bad[] = {{"train/loss", std::numeric_limits<double>::quiet_NaN()},
                        {"norm", std::numeric_limits<double>::infinity()}};
  log.write(20, 13, bad);
  EXPECT_EQ(test_data::read(folder / "m.jsonl"),
            "{\"step\":10,\"time\":12.5,\"train/loss\":2.25,\"lr\":0.001}\n"
            "{\"step\":20,\"time\":13.0,\"train/loss\":null,\"norm\":null}\n");
  const Figure taken[] = {{"step", 1}};
  EXPECT_THROW(log.write(1, 1, taken), SextantError);
}

TEST(MetricsLog, ReadsWhatItWrote) {
  const test_data::TempFolder folder;
  auto log = MetricsLog::open(folder / "m.jsonl", -1).value();
  const Figure figures[] = {{"b", 1.0 / 3}, {"a", std::nan("")}};
  log.write(7, 0.25, figures);
  const auto records = parse_metrics(test_data::read(folder / "m.jsonl"), "m").value();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].step, 7);
  EXPECT_EQ(records[0].time, 0.25);
  EXPECT_THAT(records[0].figures,
              testing::UnorderedElementsAre(Pair("b", 1.0 / 3), Pair("a", testing::IsNan())));
}

TEST(MetricsLog, ResumingCutsBackToTheStep) {
  const test_data::TempFolder folder;
  {
    auto log = MetricsLog::open(folder / "m.jsonl", -1).value();
    write_steps(log, 1, 9, 1);
  }
  {
    auto log = MetricsLog::open(folder / "m.jsonl", 5).value();
    write_steps(log, 6, 7, 2);
  }
  const auto records = parse_metrics(test_data::read(folder / "m.jsonl"), "m").value();
  std::vector<std::pair<int64_t, double>> steps;
  for (const auto& record : records) {
    steps.emplace_back(record.step, record.figures[0].second);
  }
  EXPECT_THAT(steps, ElementsAre(Pair(1, 1), Pair(2, 1), Pair(3, 1), Pair(4, 1), Pair(5, 1),
                                 Pair(6, 2), Pair(7, 2)));
  // A new run begins anew.
  EXPECT_TRUE(MetricsLog::open(folder / "m.jsonl", -1));
  EXPECT_EQ(test_data::read(folder / "m.jsonl"), "");
}

TEST(MetricsLog, AnUnfinishedLineIsCutOff) {
  const test_data::TempFolder folder;
  const auto path = folder.write("m.jsonl", "{\"step\":1,\"a\":2}\n{\"step\":2,\"a");
  EXPECT_EQ(parse_metrics(test_data::read(path), "m").value().size(), 1U);
  EXPECT_TRUE(MetricsLog::open(path, 100));
  EXPECT_EQ(test_data::read(path), "{\"step\":1,\"a\":2}\n");
}

TEST(MetricsLog, RefusesLinesThatAreNoRecords) {
  EXPECT_THAT(message("{\"step\":1}\n{]\n"), HasSubstr("[train/metrics_log] line 2: "));
  EXPECT_EQ(message("3\n"),
            "[train/metrics_log] line 1: expected an object of at most 1000 figures, found "
            "something else (m.jsonl)");
  EXPECT_EQ(message("{\"a\":1}\n"),
            "[train/metrics_log] line 1: step: expected an integer of 0 or more (m.jsonl)");
  EXPECT_THAT(message("{\"step\":-1}\n"), HasSubstr("step: expected"));
  EXPECT_THAT(message("{\"step\":1.5}\n"), HasSubstr("step: expected"));
  EXPECT_THAT(message("{\"step\":18446744073709551615}\n"), HasSubstr("step: expected"));
  EXPECT_EQ(message("{\"step\":1,\"a\":\"x\"}\n"),
            "[train/metrics_log] line 1: \"a\": expected a number or null, found string (m.jsonl)");
  const test_data::TempFolder folder;
  EXPECT_EQ(MetricsLog::open(folder.write("m", "no\n"), 3).error().code, ErrorCode::kDataLoss);
  EXPECT_EQ(test_data::read(folder / "m"), "no\n");  // what is not ours stays
}

TEST(MetricsLog, ReplaysItsCorpus) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           test_data::repository("tests/fuzz_corpus/metrics_log"))) {
    static_cast<void>(message(test_data::read(entry.path())));
    ++files;
  }
  EXPECT_GT(files, 3);
}

}  // namespace
}  // namespace sextant::train
