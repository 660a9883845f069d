// How far a long piece of work is: a bar with rate and remaining time on a terminal, else one log
// line every few seconds, or nothing.
//
//   Progress progress(progress_for_stderr(quiet));
//   progress.begin("perplexity", windows, "windows");
//   ... progress.advance();        // from any thread
//   progress.end();
//
// advance() costs an atomic addition and a look at the clock; use it for steps of 10 us and up.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace sextant {

struct ProgressOptions {
  enum class Style { kOff, kBar, kLines };
  Style style = Style::kOff;
  int width = 80;       // columns of the terminal
  bool unicode = true;  // block characters, else # and -
  bool colour = false;
  std::function<void(std::string_view)> write = {};  // bar: raw text; lines: a line without end
  std::function<double()> now = {};                  // seconds of a monotonic clock
};

// A bar where standard error is a terminal, else lines through the log; nothing when quiet.
ProgressOptions progress_for_stderr(bool quiet, bool colour);

class Progress {
 public:
  explicit Progress(ProgressOptions options);
  ~Progress();  // clears a bar that is still shown
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `total` 0: not known. Ends what ran before.
  void begin(std::string_view label, int64_t total, std::string_view unit);
  void advance(int64_t steps = 1);
  // Leaves "label: 200 tokens in 3.2s (62.5 tokens/s)" behind.
  void end();

 private:
  struct Sample {
    double time;
    int64_t done;
  };

  void update(double now);
  double rate(double now) const;
  std::string bar_line(double now) const;
  std::string plain_line(double now) const;
  void clear_bar();

  ProgressOptions options_;
  std::atomic<int64_t> done_{0};
  std::atomic<double> next_update_{0};
  std::mutex mutex_;  // guards all below
  bool running_ = false;
  bool bar_shown_ = false;
  std::string label_;
  std::string unit_;
  int64_t total_ = 0;
  double start_ = 0;
  std::deque<Sample> samples_;  // of the last seconds, for the rate
};

}  // namespace sextant
