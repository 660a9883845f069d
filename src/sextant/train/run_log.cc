#include "sextant/train/run_log.h"

#include "sextant/train/curves.h"

namespace sextant::train {

Result<RunLog> RunLog::open(const std::filesystem::path& folder, int64_t resumed_step) {
  SEXTANT_TRY(MetricsLog lines, MetricsLog::open(folder / "log.jsonl", resumed_step));
  SEXTANT_TRY(TensorBoardLog events, TensorBoardLog::open(folder / "tensorboard", resumed_step));
  return RunLog(folder, std::move(lines), std::move(events));
}

void RunLog::write(int64_t step, double time, std::span<const Figure> figures) {
  lines_.write(step, time, figures);
  for (const auto& [name, value] : figures) {
    events_.write(step, name, value);
  }
}

Result<void> RunLog::draw() const {
  std::error_code error;
  if (std::filesystem::file_size(folder_ / "log.jsonl", error) == 0) {
    return {};  // stopped before the first record
  }
  return write_curves(folder_ / "log.jsonl", folder_ / "curves.svg");
}

}  // namespace sextant::train
