// Figures of a training run as JSON lines: {"step":10,"time":12.5,"train/loss":2.25}
//
// `step` first, `time` in seconds since the run began, then the figures as given; a figure that is
// not finite is null. Each line is flushed. Names are "part/figure": parts of one figure are drawn
// together (train/curves.h). A run that resumes cuts off what an earlier life wrote behind the
// resumed step, and an unfinished last line. A full disk does not stop the run (append_file.h).
// One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/train/append_file.h"

namespace sextant::train {

using Figure = std::pair<std::string_view, double>;

struct MetricsRecord {
  int64_t step = 0;
  double time = 0;
  std::vector<std::pair<std::string, double>> figures = {};  // NaN where the file has null
};

class MetricsLog {
 public:
  // Keeps the records of steps up to `resumed_step`; a negative one starts an empty file. Errors:
  // those of reading and opening; kDataLoss where a line in the middle is no record.
  static Result<MetricsLog> open(const std::filesystem::path& path, int64_t resumed_step);

  void write(int64_t step, double time, std::span<const Figure> figures);

 private:
  explicit MetricsLog(AppendFile file) : file_(std::move(file)) {}
  AppendFile file_;
};

// Hands on the records of a file one by one, so that memory does not grow with it. An unfinished
// last line is left out. `where` names the file in messages. Errors: kDataLoss, naming the line.
Result<void> read_metrics(std::string_view text, std::string_view where,
                          const std::function<void(const MetricsRecord&)>& record);

}  // namespace sextant::train
