#include "sextant/media/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sextant/base/error.h"

namespace sextant::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

size_t count(const std::string& text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

std::string draw(const Plot& plot) { return to_svg(std::span(&plot, 1)); }

TEST(Plot, TicksAreRoundNumbers) {
  EXPECT_THAT(linear_ticks(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(linear_ticks(-0.3, 0.3, 3), ElementsAre(-0.2, 0, 0.2));
  EXPECT_THAT(linear_ticks(3, 3.004, 4),
              testing::Pointwise(testing::DoubleNear(1e-12),
                                 std::vector<double>{3, 3.001, 3.002, 3.003, 3.004}));
  EXPECT_THAT(linear_ticks(0, 2600, 6), ElementsAre(0, 500, 1000, 1500, 2000, 2500));
  EXPECT_THROW(linear_ticks(1, 1, 5), SextantError);
  EXPECT_THAT(log_ticks(0.5, 30), ElementsAre(0.5, 1, 2, 5, 10, 20));
  EXPECT_THAT(log_ticks(0.001, 200), ElementsAre(0.001, 0.01, 0.1, 1, 10, 100));
  EXPECT_LE(log_ticks(1e-30, 1e30).size(), 10U);
  EXPECT_THROW(log_ticks(0, 1), SextantError);
}

TEST(Plot, DrawsLinesAxesAndLegend) {
  const Plot plot{.title = "loss",
                  .x_label = "step",
                  .y_label = "nats",
                  .series = {{"train", {0, 50, 100}, {3, 2, 1}}, {"eval", {0, 100}, {3, 1.5}}}};
  const std::string svg = draw(plot);
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"520\""));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  for (const auto* text : {">loss<", ">step<", ">nats<", ">train<", ">eval<", ">100<", ">2<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_EQ(count(svg, "class=\"l\" stroke=\"#0072b2\""), 2U);  // the line and its legend
  EXPECT_EQ(count(svg, "class=\"l\" stroke=\"#d55e00\""), 2U);
  // The first line goes from the left edge down to the right edge.
  EXPECT_THAT(svg, HasSubstr("d=\"M64.0 67.8L283.0 166.0L502.0 264.2\""));
}

TEST(Plot, EscapesText) {
  const std::string svg = draw({.title = "a<b & \"c\"\x01\xff", .series = {{"", {1}, {1}}}});
  EXPECT_THAT(svg, HasSubstr(">a&lt;b &amp; &quot;c&quot; \xef\xbf\xbd<"));
}

TEST(Plot, GapsBreakLines) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string svg = draw({.series = {{"", {0, 1, 2, 3, 4}, {1, 2, nan, 5, nan}}}});
  EXPECT_EQ(count(svg, "class=\"l\""), 1U);  // no legend for one line without a name
  EXPECT_EQ(count(svg, "<circle"), 1U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(Plot, LogarithmicAxesLeaveOutWhatTheyCannotShow) {
  const std::string svg = draw({.log_y = true, .series = {{"", {0, 1, 2, 3}, {100, 1, 0, -5}}}});
  EXPECT_THAT(svg, HasSubstr(">100<"));
  EXPECT_THAT(svg, HasSubstr(">10<"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(Plot, DegenerateDataStillHasAxes) {
  EXPECT_THAT(draw({}), HasSubstr("no points"));
  for (const double value : {0.0, 5.0, -1e-300, 1e300, 1e-9}) {
    const std::string svg = draw({.series = {{"", {value}, {value}}}});
    EXPECT_THAT(svg, Not(HasSubstr("nan"))) << value;
    EXPECT_THAT(svg, Not(HasSubstr("inf"))) << value;
    EXPECT_EQ(count(svg, "<circle"), 1U) << value;
  }
  EXPECT_THAT(to_svg({}), HasSubstr("</svg>"));
}

TEST(Plot, ManyPointsAreThinned) {
  PlotSeries series{.name = "x"};
  for (int i = 0; i < 200000; ++i) {
    series.x.push_back(i);
    series.y.push_back(std::sin(i * 0.37) + (i == 123456 ? 50 : 0));
  }
  const std::string svg = draw({.series = {series}});
  EXPECT_LT(svg.size(), 20000U);
  // The one high point is still there, near the top.
  EXPECT_THAT(svg, HasSubstr(" 67.8L"));
  // The means are on top, and close to 0 everywhere.
  EXPECT_EQ(count(svg, "class=\"l r\""), 1U);
  EXPECT_LT(svg.find("class=\"l r\""), svg.find("class=\"l\""));
}

TEST(Plot, SparseLinesLieOnTop) {
  const Plot plot{.series = {{"few", {0, 9}, {1, 2}}, {"more", {0, 1, 9}, {3, 3, 3}}}};
  const std::string svg = draw(plot);
  EXPECT_LT(svg.find("stroke=\"#d55e00\""), svg.find("stroke=\"#0072b2\""));
}

TEST(Plot, LargeTicksAreShort) {
  const std::string svg = draw({.series = {{"", {0, 50000}, {0, 4e6}}}});
  EXPECT_THAT(svg, HasSubstr(">20k<"));
  EXPECT_THAT(svg, HasSubstr(">2M<"));
}

TEST(Plot, PanelsStandInAGrid) {
  const std::vector<Plot> plots(3);
  const std::string svg = to_svg(plots, {.title = "run 1", .columns = 2});
  EXPECT_THAT(svg, HasSubstr("width=\"1040\" height=\"680\""));
  EXPECT_THAT(svg, HasSubstr(">run 1<"));
  EXPECT_THROW(to_svg(plots, {.panel_width = 10}), SextantError);
  EXPECT_THROW(draw({.series = {{"", {1, 2}, {1}}}}), SextantError);
}

}  // namespace
}  // namespace sextant::media
