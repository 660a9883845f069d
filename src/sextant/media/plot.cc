#include "sextant/media/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/base/format.h"
#include "sextant/base/utf8.h"

namespace sextant::media {
namespace {

// Told apart also by people who do not see all colours (Okabe and Ito).
constexpr std::array<std::string_view, 7> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                      "#e69f00", "#56b4e9", "#555555"};
constexpr double kLeft = 64;
constexpr double kRight = 18;
constexpr double kTop = 58;
constexpr double kBottom = 46;
constexpr double kPageTitle = 40;

// Text for an element or an attribute.
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : replace_invalid_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string tick_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e6 && size < 1e9) {
    return format("{:g}M", value / 1e6);
  }
  if (size >= 1e4 && size < 1e6) {
    return format("{:g}k", value / 1e3);
  }
  return format("{:g}", value);
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool empty() const { return low > high; }
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double width() const { return high - low; }
};

bool can_draw(double x, double y, bool log_y) {
  return std::isfinite(x) && std::isfinite(y) && (!log_y || y > 0);
}

// From values to pixels of one panel.
class Panel {
 public:
  Panel(const Plot& plot, double left, double top, const PlotPage& page)
      : plot_(plot),
        left_(left + kLeft),
        top_(top + kTop),
        width_(page.panel_width - kLeft - kRight),
        height_(page.panel_height - kTop - kBottom) {
    for (const PlotSeries& series : plot.series) {
      SEXTANT_CHECK(series.x.size() == series.y.size(), "{} x for {} y", series.x.size(),
                    series.y.size());
      for (size_t i = 0; i < series.x.size(); ++i) {
        if (can_draw(series.x[i], series.y[i], plot.log_y)) {
          x_.add(series.x[i]);
          y_.add(scaled(series.y[i]));
        }
      }
    }
    has_points_ = !x_.empty();
    widen(x_, 0);
    widen(y_, 0.05);
  }

  std::string draw() const {
    std::string out = frame();
    // The line with the most points first, so that it hides no other.
    std::vector<size_t> order(plot_.series.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [this](size_t a, size_t b) {
      const size_t a_points = plot_.series[a].x.size();
      const size_t b_points = plot_.series[b].x.size();
      return a_points != b_points ? a_points > b_points : a < b;
    });
    for (const size_t i : order) {
      out += lines(plot_.series[i], kColours[i % kColours.size()]);
    }
    return out + legend();
  }

 private:
  double scaled(double y) const { return plot_.log_y ? std::log10(y) : y; }
  double pixel_x(double x) const { return left_ + (x - x_.low) / x_.width() * width_; }
  double pixel_y(double y) const {
    return top_ + height_ - (scaled(y) - y_.low) / y_.width() * height_;
  }

  // A range of no width, or none at all, still needs an axis.
  static void widen(Range& range, double margin) {
    if (range.empty()) {
      range = {0, 1};
    }
    const double size = std::max({std::abs(range.low), std::abs(range.high), 1e-300});
    if (range.width() <= size * 1e-12) {
      const double half = size > 1e-300 ? size / 10 : 1;
      range = {range.low - half, range.high + half};
    }
    const double more = range.width() * margin;
    range = {range.low - more, range.high + more};
  }

  std::string frame() const {
    std::string out = format("<text class=\"t\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", left_,
                             top_ - 32, escape(plot_.title));
    const std::vector<double> y_ticks = plot_.log_y
                                            ? log_ticks(std::pow(10, y_.low), std::pow(10, y_.high))
                                            : linear_ticks(y_.low, y_.high, 5);
    for (const double tick : y_ticks) {
      const double y = pixel_y(tick);
      out += format(
          "<path class=\"g\" d=\"M{:.1f} {:.1f}h{:.1f}\"/>"
          "<text class=\"e\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
          left_, y, width_, left_ - 7, y + 4, tick_text(tick));
    }
    for (const double tick : linear_ticks(x_.low, x_.high, 6)) {
      const double x = pixel_x(tick);
      out += format(
          "<path class=\"a\" d=\"M{:.1f} {:.1f}v5\"/>"
          "<text class=\"m\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
          x, top_ + height_, x, top_ + height_ + 18, tick_text(tick));
    }
    out += format("<path class=\"a\" d=\"M{:.1f} {:.1f}v{:.1f}h{:.1f}\"/>\n", left_, top_, height_,
                  width_);
    out += format("<text class=\"m\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", left_ + width_ / 2,
                  top_ + height_ + 37, escape(plot_.x_label));
    if (!plot_.y_label.empty()) {
      const double x = left_ - 48;
      const double y = top_ + height_ / 2;
      out += format(
          "<text class=\"m\" transform=\"rotate(-90 {:.1f} {:.1f})\" x=\"{:.1f}\" "
          "y=\"{:.1f}\">{}</text>\n",
          x, y, x, y, escape(plot_.y_label));
    }
    if (!has_points_) {
      out += format("<text class=\"m\" x=\"{:.1f}\" y=\"{:.1f}\">no points</text>\n",
                    left_ + width_ / 2, top_ + height_ / 2);
    }
    return out;
  }

  // Runs of points that can be drawn, each a line; one alone is a dot.
  std::string lines(const PlotSeries& series, std::string_view colour) const {
    std::string out;
    size_t begin = 0;
    while (begin < series.x.size()) {
      size_t end = begin;
      while (end < series.x.size() && can_draw(series.x[end], series.y[end], plot_.log_y)) {
        ++end;
      }
      if (end == begin + 1) {
        out += format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\"/>\n",
                      pixel_x(series.x[begin]), pixel_y(series.y[begin]), colour);
      } else if (end > begin) {
        const bool many = static_cast<double>(end - begin) > width_ / 2;
        out += format("<path class=\"l{}\" stroke=\"{}\" d=\"{}\"/>\n", many ? " r" : "", colour,
                      path(series, begin, end));
        if (many) {
          out += format("<path class=\"l\" stroke=\"{}\" d=\"{}\"/>\n", colour,
                        means(series, begin, end));
        }
      }
      begin = end + 1;
    }
    return out;
  }

  // Of each pixel column that has many points, the least and the largest.
  std::string path(const PlotSeries& series, size_t begin, size_t end) const {
    std::string out;
    for (size_t i = begin; i < end;) {
      size_t column_end = i + 1;
      size_t least = i;
      size_t most = i;
      const double column = std::floor(pixel_x(series.x[i]));
      while (column_end < end && std::floor(pixel_x(series.x[column_end])) == column) {
        least = series.y[column_end] < series.y[least] ? column_end : least;
        most = series.y[column_end] > series.y[most] ? column_end : most;
        ++column_end;
      }
      append_point(out, series.x[std::min(least, most)], series.y[std::min(least, most)]);
      if (least != most) {
        append_point(out, series.x[std::max(least, most)], series.y[std::max(least, most)]);
      }
      i = column_end;
    }
    return out;
  }

  // The run in stretches of equal numbers of points, each as its mean.
  std::string means(const PlotSeries& series, size_t begin, size_t end) const {
    constexpr size_t kStretches = 100;
    const size_t stretch = std::max<size_t>((end - begin) / kStretches, 1);
    std::string out;
    for (size_t i = begin; i + stretch <= end; i += stretch) {
      double x = 0;
      double y = 0;
      for (size_t k = i; k < i + stretch; ++k) {
        x += series.x[k] / static_cast<double>(stretch);
        y += series.y[k] / static_cast<double>(stretch);
      }
      append_point(out, x, y);
    }
    return out;
  }

  void append_point(std::string& out, double x, double y) const {
    out += format("{}{:.1f} {:.1f}", out.empty() ? 'M' : 'L', pixel_x(x), pixel_y(y));
  }

  std::string legend() const {
    std::string out;
    const bool needed =
        plot_.series.size() > 1 || (plot_.series.size() == 1 && !plot_.series[0].name.empty());
    constexpr double kLetter = 6.6;  // about, of the font below
    double x = left_;
    for (size_t i = 0; needed && i < plot_.series.size(); ++i) {
      const std::string& name = plot_.series[i].name;
      out += format(
          "<path class=\"l\" stroke=\"{}\" d=\"M{:.1f} {:.1f}h18\"/>"
          "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
          kColours[i % kColours.size()], x, top_ - 14, x + 23, top_ - 10, escape(name));
      x += 23 + kLetter * static_cast<double>(name.size()) + 16;
    }
    return out;
  }

  const Plot& plot_;
  double left_;
  double top_;
  double width_;
  double height_;
  Range x_;
  Range y_;  // of logarithms, where the axis is one
  bool has_points_ = false;
};

}  // namespace

std::vector<double> linear_ticks(double low, double high, int wanted) {
  SEXTANT_CHECK(low < high && wanted > 0, "{} to {}", low, high);
  const double rough = (high - low) / wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power * 1.0000001) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  constexpr int kMost = 100;  // a guard where doubles are too coarse for the range
  const double first = std::ceil(low / step - 1e-9);
  for (int i = 0; i < kMost && (first + i) * step <= high + step * 1e-9; ++i) {
    const double tick = (first + i) * step;
    ticks.push_back(std::abs(tick) < step * 1e-6 ? 0 : tick);
  }
  return ticks;
}

std::vector<double> log_ticks(double low, double high) {
  SEXTANT_CHECK(low > 0 && low < high, "{} to {}", low, high);
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  const bool between = std::log10(high) - std::log10(low) < 3;
  const int stride = std::max(1, (last - first) / 8);
  std::vector<double> ticks;
  for (int power = first; power <= last; power += stride) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10, power);
      if ((factor == 1 || between) && tick >= low && tick <= high) {
        ticks.push_back(tick);
      }
    }
  }
  return ticks;
}

std::string to_svg(std::span<const Plot> plots, const PlotPage& page) {
  SEXTANT_CHECK(page.panel_width >= 200 && page.panel_height >= 150 && page.columns > 0,
                "panels of {}x{} in {} columns", page.panel_width, page.panel_height, page.columns);
  const auto count = static_cast<int>(plots.size());
  const int columns = std::max(1, std::min(page.columns, count));
  const int rows = (count + columns - 1) / columns;
  const double head = page.title.empty() ? 0 : kPageTitle;
  const int width = columns * page.panel_width;
  const double height = head + rows * page.panel_height;
  std::string out = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{:.0f}\" viewBox=\"0 0 {} "
      "{:.0f}\" font-family=\"system-ui,sans-serif\" font-size=\"12\" fill=\"#333\">\n"
      "<style>.t{{font-size:15px;font-weight:600}}.m{{text-anchor:middle}}.e{{text-anchor:end}}"
      ".g{{stroke:#e4e4e4}}.a{{stroke:#777;fill:none}}"
      ".l{{fill:none;stroke-width:1.6;stroke-linejoin:round}}"
      ".r{{stroke-width:1;stroke-opacity:.3}}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      width, height, width, height);
  if (!page.title.empty()) {
    out += format("<text x=\"{:.1f}\" y=\"28\" font-size=\"18\" font-weight=\"600\">{}</text>\n",
                  kLeft, escape(page.title));
  }
  for (int i = 0; i < count; ++i) {
    const int row = i / columns;
    const int column = i % columns;
    out += Panel(plots[static_cast<size_t>(i)], column * page.panel_width,
                 head + row * page.panel_height, page)
               .draw();
  }
  return out + "</svg>\n";
}

}  // namespace sextant::media
