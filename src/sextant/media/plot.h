// Line charts as SVG: one file that needs nothing else, for browsers and documents.
//
// Panels stand in a grid, each with axes, ticks of round numbers, a legend where there are several
// lines. Values that are not finite break a line; on a logarithmic axis those of 0 and below do.
// Of many points the least and the largest of each pixel column are drawn, pale, under the means of
// a hundred stretches, so that a file stays small. Pure functions; text is escaped.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace sextant::media {

struct PlotSeries {
  std::string name = {};
  std::vector<double> x = {};  // in ascending order
  std::vector<double> y = {};  // as many
};

struct Plot {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  bool log_y = false;
  std::vector<PlotSeries> series = {};
};

struct PlotPage {
  std::string title = {};
  int columns = 1;
  int panel_width = 520;  // pixels
  int panel_height = 320;
};

// Throws where x and y of a line differ in number, or a panel is smaller than 200 x 150.
std::string to_svg(std::span<const Plot> plots, const PlotPage& page = {});

// Round numbers that divide [low, high]: 1, 2 or 5 times a power of ten apart, about `wanted`.
std::vector<double> linear_ticks(double low, double high, int wanted);
// Powers of ten in it, with 2 and 5 times them where it spans less than three; 0 < low < high.
std::vector<double> log_ticks(double low, double high);

}  // namespace sextant::media
