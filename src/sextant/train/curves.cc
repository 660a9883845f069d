#include "sextant/train/curves.h"

#include <algorithm>
#include <map>

#include "sextant/io/atomic_file.h"
#include "sextant/io/mapped_file.h"
#include "sextant/media/plot.h"
#include "sextant/train/metrics_log.h"

namespace sextant::train {
namespace {

constexpr size_t kMostFigures = 64;

// figure -> part -> points
using Curves = std::map<std::string, std::map<std::string, media::PlotSeries>, std::less<>>;

void add(Curves& curves, const MetricsRecord& record) {
  for (const auto& [name, value] : record.figures) {
    const size_t slash = name.find('/');
    const bool parts = slash != std::string::npos;
    auto& series =
        curves[parts ? name.substr(slash + 1) : name][parts ? name.substr(0, slash) : ""];
    series.x.push_back(static_cast<double>(record.step));
    series.y.push_back(value);
  }
}

}  // namespace

Result<std::string> curves_svg(std::string_view metrics, std::string_view where,
                               const CurveOptions& options) {
  Curves curves;
  SEXTANT_TRY_VOID(read_metrics(metrics, where, [&](const auto& record) { add(curves, record); }));
  std::string known;
  for (const auto& [figure, parts] : curves) {
    known += (known.empty() ? "" : ", ") + figure;
  }
  if (curves.empty() || curves.size() > kMostFigures) {
    return fail(curves.empty() ? ErrorCode::kNotFound : ErrorCode::kOutOfRange,
                "[train/curves] expected 1 to {} figures, the log has {} ({})", kMostFigures,
                curves.size(), where);
  }
  for (const std::string& figure : options.figures) {
    if (!curves.contains(figure)) {
      return fail(ErrorCode::kNotFound, "[train/curves] figure \"{}\": the log has {} ({})", figure,
                  printable(known), where);
    }
  }
  std::vector<media::Plot> plots;
  for (auto& [figure, parts] : curves) {
    const auto& wanted = options.figures;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), figure) == wanted.end()) {
      continue;
    }
    media::Plot plot{.title = figure, .x_label = "step", .log_y = options.log_y};
    for (auto& [part, series] : parts) {
      series.name = part;
      plot.series.push_back(std::move(series));
    }
    plots.push_back(std::move(plot));
  }
  return media::to_svg(plots, {.title = options.title, .columns = plots.size() > 1 ? 2 : 1});
}

Result<void> write_curves(const std::filesystem::path& metrics, const std::filesystem::path& svg,
                          const CurveOptions& options) {
  SEXTANT_TRY(const auto file, io::MappedFile::open(metrics, io::LoadMode::kRead));
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()),
                              file.bytes().size());
  SEXTANT_TRY(const std::string drawn, curves_svg(text, metrics.string(), options));
  return io::write_file_atomically(svg, drawn);
}

}  // namespace sextant::train
