#include "sextant/train/run_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RunLog, WritesLinesEventsAndCurves) {
  const test_data::TempFolder folder;
  {
    auto log = value_or_throw(RunLog::open(folder.path(), -1));
    for (int step = 1; step <= 4; ++step) {
      const Figure figures[] = {{"train/loss", 4.0 / step}, {"train/lr", 0.1}};
      log.write(step, 0.5 * step, figures);
    }
  }
  auto log = value_or_throw(RunLog::open(folder.path(), 2));
  const Figure figures[] = {{"eval/loss", 1.5}};
  log.write(3, 2.0, figures);
  ASSERT_TRUE(log.draw());
  EXPECT_EQ(test_data::read(folder / "log.jsonl"),
            "{\"step\":1,\"time\":0.5,\"train/loss\":4.0,\"train/lr\":0.1}\n"
            "{\"step\":2,\"time\":1.0,\"train/loss\":2.0,\"train/lr\":0.1}\n"
            "{\"step\":3,\"time\":2.0,\"eval/loss\":1.5}\n");
  const std::string svg = test_data::read(folder / "curves.svg");
  EXPECT_THAT(svg, HasSubstr("<svg"));
  EXPECT_THAT(svg, HasSubstr("loss"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "tensorboard"), {}), 2);
}

}  // namespace
}  // namespace sextant::train
