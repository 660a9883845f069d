#include "sextant/train/curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kLog =
    "{\"step\":1,\"time\":1,\"train/loss\":3.5,\"lr\":0.1}\n"
    "{\"step\":2,\"time\":2,\"train/loss\":null,\"lr\":0.2}\n"
    "{\"step\":3,\"time\":3,\"train/loss\":2.5,\"eval/loss\":2.75,\"lr\":0.3}\n";

std::string message(std::string_view text, const CurveOptions& options = {}) {
  const auto svg = curves_svg(text, "m.jsonl", options);
  return svg ? "accepted" : svg.error().message;
}

TEST(Curves, AreOnePanelAFigure) {
  const std::string svg = curves_svg(kLog, "m", {.title = "my run"}).value();
  for (const auto* text : {">my run<", ">loss<", ">lr<", ">train<", ">eval<", ">step<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, HasSubstr("width=\"1040\""));
  const std::string one = curves_svg(kLog, "m", {.figures = {"lr"}}).value();
  EXPECT_THAT(one, Not(HasSubstr(">loss<")));
  EXPECT_THAT(one, HasSubstr("width=\"520\""));
  EXPECT_THAT(curves_svg(kLog, "m", {.log_y = true}).value(), HasSubstr(">0.2<"));
}

TEST(Curves, SayWhatIsMissing) {
  EXPECT_EQ(message(""), "[train/curves] expected 1 to 64 figures, the log has 0 (m.jsonl)");
  EXPECT_EQ(message(kLog, {.figures = {"accuracy"}}),
            "[train/curves] figure \"accuracy\": the log has loss, lr (m.jsonl)");
  EXPECT_THAT(message("{}\n"), HasSubstr("[train/metrics_log] line 1: step"));
}

TEST(Curves, AreWrittenToAFile) {
  const test_data::TempFolder folder;
  const auto log = folder.write("m.jsonl", kLog);
  EXPECT_TRUE(write_curves(log, folder / "m.svg"));
  EXPECT_EQ(test_data::read(folder / "m.svg"), curves_svg(kLog, "m").value());
  EXPECT_EQ(write_curves(folder / "none", folder / "n.svg").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sextant::train
