#include "sextant/media/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

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

// Every opened element is closed, in order; attributes are quoted.
bool is_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  for (size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
    const size_t end = svg.find('>', at);
    if (end == std::string::npos) {
      return false;
    }
    const std::string tag = svg.substr(at + 1, end - at - 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) {
      return false;
    }
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) {
        return false;
      }
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  return open.empty();
}

// Numbers of any size, made from a counter.
double spread(int i) { return std::sin(i * 12.9898) * std::pow(10, i % 25 - 12); }

TEST(Plot, TicksOfAnyRangeAreFewAndInside) {
  for (int i = 1; i < 2000; ++i) {
    const double low = spread(i);
    const double high = low + std::abs(spread(i * 7)) + std::abs(low) * 1e-6;
    if (!(low < high)) continue;
    const auto ticks = linear_ticks(low, high, 5);
    EXPECT_GE(ticks.size(), 1U) << low << " " << high;
    EXPECT_LE(ticks.size(), 9U) << low << " " << high;
    const double slack = (high - low) * 1e-6;
    for (size_t k = 0; k < ticks.size(); ++k) {
      EXPECT_GE(ticks[k], low - slack);
      EXPECT_LE(ticks[k], high + slack);
      EXPECT_TRUE(k == 0 || ticks[k] > ticks[k - 1]);
    }
  }
}

TEST(Plot, LogarithmicTicksOfAnyRangeAreFewAndInside) {
  for (int i = 1; i < 500; ++i) {
    const double low = std::abs(spread(i)) + 1e-13;
    const double high = low * (1.5 + std::abs(std::sin(i)) * std::pow(10, i % 20));
    const auto ticks = log_ticks(low, high);
    EXPECT_LE(ticks.size(), 20U);
    for (const double tick : ticks) {
      EXPECT_TRUE(tick >= low && tick <= high) << low << " " << high << " " << tick;
    }
  }
}

TEST(Plot, AnyDataGivesAWellFormedFile) {
  for (int i = 0; i < 300; ++i) {
    Plot plot{.title = "t", .x_label = "<x>", .y_label = "\"y\"", .log_y = i % 3 == 0};
    for (int line = 0; line < i % 9; ++line) {
      PlotSeries series{.name = "line & " + std::to_string(line)};
      for (int k = 0; k < (i * 37) % 900; ++k) {
        series.x.push_back(k * std::pow(10, i % 11 - 5));
        series.y.push_back(k % 50 == 49 ? std::numeric_limits<double>::infinity() : spread(i + k));
      }
      plot.series.push_back(std::move(series));
    }
    const std::string svg = draw(plot);
    EXPECT_TRUE(is_well_formed(svg)) << i;
    EXPECT_THAT(svg, Not(HasSubstr("nan"))) << i;
    EXPECT_THAT(svg, Not(HasSubstr("inf"))) << i;
  }
}

// Places of a known line, read back from the file.
TEST(Plot, PlacesAreExact) {
  const std::string svg =
      to_svg(std::vector<Plot>{{.series = {{"", {0, 1, 2, 3, 4}, {0, 0, 10, 10, 5}}}}},
             {.panel_width = 282, .panel_height = 214});  // 200 x 110 for the line
  // 5 % of air above and below: 10 units are 100 pixels.
  EXPECT_THAT(svg, HasSubstr("d=\"M64.0 163.0L114.0 163.0L164.0 63.0L214.0 63.0L264.0 113.0\""));
  // The ticks of 0, 5 (or 2, 4 ...) and 10 lie on the same places.
  EXPECT_THAT(svg, HasSubstr("M64.0 163.0h200.0"));
  EXPECT_THAT(svg, HasSubstr("M64.0 63.0h200.0"));
}

TEST(Plot, LegendNamesStandSideBySide) {
  Plot plot;
  for (int i = 0; i < 9; ++i) {
    plot.series.push_back({"n" + std::to_string(i), {0, 1}, {0, 1.0 * i}});
  }
  const std::string svg = draw(plot);
  double before = 0;
  for (int i = 0; i < 9; ++i) {
    const size_t name = svg.find(">n" + std::to_string(i) + "<");
    ASSERT_NE(name, std::string::npos);
    const size_t x = svg.rfind("x=\"", name) + 3;
    const double place = std::stod(svg.substr(x));
    EXPECT_GT(place, before);
    before = place;
  }
  // The eighth line has the first one's colour again.
  EXPECT_EQ(count(svg, "stroke=\"#0072b2\""), 4U);
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
