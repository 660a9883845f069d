#include "sextant/base/progress.h"

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "sextant/base/format.h"
#include "sextant/base/human.h"
#include "sextant/base/log.h"
#include "sextant/base/terminal.h"

namespace sextant {
namespace {

constexpr double kBarInterval = 0.1;   // seconds between drawings
constexpr double kLineInterval = 5.0;  // and between log lines
constexpr double kRateWindow = 5.0;    // the rate is of this many last seconds
constexpr int kBarMin = 10;            // columns
constexpr int kBarMax = 40;

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      const std::string_view text(value);
      return text.find("UTF-8") != text.npos || text.find("utf8") != text.npos;
    }
  }
  return false;
}

// Columns of a text, one a code point: labels are the program's own words.
int columns(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string cut_to(std::string text, int width) {
  size_t end = 0;
  for (int left = width; end < text.size() && left > 0; --left) {
    ++end;
    while (end < text.size() && (text[end] & 0xc0) == 0x80) {
      ++end;
    }
  }
  text.resize(end);
  return text;
}

std::string rate_text(double rate, std::string_view unit) {
  return format(rate < 99.95 ? "{:.1f} {}/s" : "{:.0f} {}/s", rate, unit);
}

}  // namespace

ProgressOptions progress_for_stderr(bool quiet, bool colour) {
  ProgressOptions options;
  if (quiet) {
    return options;
  }
  if (is_terminal(STDERR_FILENO)) {
    options.style = ProgressOptions::Style::kBar;
    options.width = terminal_width(STDERR_FILENO);
    options.unicode = utf8_locale();
    options.colour = colour;
    options.write = [](std::string_view text) {
      // One call, so that it does not mix with a log line. A lost bar is no error.
      [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    };
  } else {
    options.style = ProgressOptions::Style::kLines;
    options.write = [](std::string_view text) { log_line(LogLevel::kInfo, text); };
  }
  return options;
}

Progress::Progress(ProgressOptions options) : options_(std::move(options)) {
  if (!options_.now) {
    options_.now = monotonic_seconds;
  }
}

Progress::~Progress() {
  const std::lock_guard lock(mutex_);
  clear_bar();
}

void Progress::begin(std::string_view label, int64_t total, std::string_view unit) {
  end();
  if (options_.style == ProgressOptions::Style::kOff) {
    return;
  }
  const std::lock_guard lock(mutex_);
  running_ = true;
  label_ = label;
  unit_ = unit;
  total_ = total;
  start_ = options_.now();
  done_.store(0, std::memory_order_relaxed);
  samples_ = {{start_, 0}};
  const bool bar = options_.style == ProgressOptions::Style::kBar;
  next_update_.store(start_ + (bar ? kBarInterval : kLineInterval), std::memory_order_relaxed);
}

void Progress::advance(int64_t steps) {
  if (options_.style == ProgressOptions::Style::kOff) {
    return;
  }
  done_.fetch_add(steps, std::memory_order_relaxed);
  const double now = options_.now();
  if (now < next_update_.load(std::memory_order_relaxed)) {
    return;
  }
  const std::unique_lock lock(mutex_, std::try_to_lock);  // whoever holds it draws
  if (lock.owns_lock() && running_ && now >= next_update_.load(std::memory_order_relaxed)) {
    update(now);
  }
}

void Progress::update(double now) {
  samples_.push_back({now, done_.load(std::memory_order_relaxed)});
  while (samples_.size() > 2 && samples_[1].time < now - kRateWindow) {
    samples_.pop_front();
  }
  const bool bar = options_.style == ProgressOptions::Style::kBar;
  next_update_.store(now + (bar ? kBarInterval : kLineInterval), std::memory_order_relaxed);
  if (bar) {
    options_.write(format("\r{}\x1b[K", bar_line(now)));
    bar_shown_ = true;
    set_bar_on_line(true);
  } else {
    options_.write(plain_line(now));
  }
}

double Progress::rate(double now) const {
  const double time = now - samples_.front().time;
  const int64_t steps = done_.load(std::memory_order_relaxed) - samples_.front().done;
  return time > 0 ? static_cast<double>(steps) / time : 0;
}

std::string Progress::plain_line(double now) const {
  const int64_t done = done_.load(std::memory_order_relaxed);
  const double speed = rate(now);
  if (total_ <= 0) {
    return format("{}: {} {}, {}", label_, human_count(done), unit_, rate_text(speed, unit_));
  }
  std::string text = format("{}: {}% ({} of {} {})", label_, done * 100 / total_, human_count(done),
                            human_count(total_), unit_);
  if (speed > 0) {
    text +=
        format(", {}, {} left", rate_text(speed, unit_),
               human_duration(static_cast<double>(std::max<int64_t>(total_ - done, 0)) / speed));
  }
  return text;
}

// label  37% ######------ 74/200 tokens  12.3 tokens/s  10s left
// What does not fit goes, least needed first: the bar shrinks and goes, then the rate, then the
// counts.
std::string Progress::bar_line(double now) const {
  const int64_t done = done_.load(std::memory_order_relaxed);
  const double speed = rate(now);
  const int room = options_.width - 1;  // a full last column would wrap
  const std::string rate_part = speed > 0 ? format("  {}", rate_text(speed, unit_)) : "";
  if (total_ <= 0) {
    return cut_to(format("{}  {} {}{}", label_, human_count(done), unit_, rate_part), room);
  }
  const double share =
      std::clamp(static_cast<double>(done) / static_cast<double>(total_), 0.0, 1.0);
  const std::string head = format("{} {:3}%", label_, static_cast<int>(share * 100));
  const std::string counts = format(" {}/{} {}", human_count(done), human_count(total_), unit_);
  std::string left;
  if (speed > 0 && done < total_) {
    left = format("  {} left", human_duration(static_cast<double>(total_ - done) / speed));
  }
  const int fixed = columns(head) + columns(counts) + columns(rate_part) + columns(left) + 1;
  const int bar = std::min(room - fixed, kBarMax);
  if (bar >= kBarMin) {
    const int full = static_cast<int>(share * bar);
    std::string drawn;
    for (int i = 0; i < bar; ++i) {
      drawn += options_.unicode ? (i < full ? "\u2588" : "\u2591") : (i < full ? "#" : "-");
    }
    if (options_.colour) {
      drawn = format("\x1b[36m{}\x1b[0m", drawn);
    }
    return format("{} {}{}{}{}", head, drawn, counts, rate_part, left);
  }
  for (const std::string& text : {head + counts + rate_part + left, head + counts + left}) {
    if (columns(text) <= room) {
      return text;
    }
  }
  return cut_to(head + left, room);
}

void Progress::clear_bar() {
  if (bar_shown_) {
    options_.write("\r\x1b[K");
    bar_shown_ = false;
    set_bar_on_line(false);
  }
}

void Progress::end() {
  const std::lock_guard lock(mutex_);
  if (!running_) {
    return;
  }
  running_ = false;
  const bool shown = bar_shown_;
  clear_bar();
  const double time = options_.now() - start_;
  const bool bar = options_.style == ProgressOptions::Style::kBar;
  if (bar ? !shown : time < kLineInterval) {
    return;  // over before anything was said
  }
  const int64_t done = done_.load(std::memory_order_relaxed);
  const std::string line =
      format("{}: {} {} in {} ({})", label_, human_count(done), unit_, human_duration(time),
             rate_text(static_cast<double>(done) / std::max(time, 1e-9), unit_));
  options_.write(bar ? line + "\n" : line);
}

}  // namespace sextant
