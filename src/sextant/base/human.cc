#include "sextant/base/human.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sextant/base/format.h"

namespace sextant {

std::string human_duration(double seconds) {
  seconds = std::clamp(seconds, 0.0, 1e12);  // NaN stays and prints as such below 10
  if (!(seconds >= 9.95)) {
    return format("{:.1f}s", seconds);
  }
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) {
    return format("{}s", whole);
  }
  if (whole < 3600) {
    return format("{}m {:02}s", whole / 60, whole % 60);
  }
  if (whole < 86400) {
    return format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
  }
  return format("{}d {:02}h", whole / 86400, whole % 86400 / 3600);
}

std::string human_bytes(uint64_t bytes) {
  if (bytes < 1000) {
    return format("{} B", bytes);
  }
  constexpr std::array<std::string_view, 6> kUnits = {"KB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return format(value < 99.95 ? "{:.1f} {}" : "{:.0f} {}", value, kUnits[unit]);
}

std::string human_count(int64_t count) {
  std::string digits = std::to_string(count);
  const size_t first = count < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

}  // namespace sextant
