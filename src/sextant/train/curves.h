// The curves of a training run: an SVG page made from its metrics log.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::train {

struct CurveOptions {
  std::string title = {};
  // Figures to draw, without their part: "loss" draws "train/loss" and "eval/loss". Empty: all.
  std::vector<std::string> figures = {};
  bool log_y = false;
};

// One panel a figure over the steps, one line a part; figures in the order of their names. Errors:
// those of read_metrics, kNotFound where a figure is named that the log has not, or it has none.
Result<std::string> curves_svg(std::string_view metrics, std::string_view where,
                               const CurveOptions& options = {});

// The same from file to file; the SVG is never half written.
Result<void> write_curves(const std::filesystem::path& metrics, const std::filesystem::path& svg,
                          const CurveOptions& options = {});

}  // namespace sextant::train
