// "Did you mean": the known name that is closest to a wrong one.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace sextant {

// Insertions, deletions and substitutions that turn one text into the other. O(|a| |b|).
size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `names` (a range of things that convert to string_view), or nothing where even
// the nearest differs in more than half of the letters: a far name is no help.
template <class Range>
std::optional<std::string> nearest_name(std::string_view name, const Range& names) {
  std::optional<std::string> nearest;
  size_t best = name.size() / 2 + 1;
  for (const auto& entry : names) {
    const std::string_view candidate(entry);
    const size_t longer = std::max(candidate.size(), name.size());
    if (longer - std::min(candidate.size(), name.size()) >= best) {
      continue;  // the lengths alone differ by more
    }
    const size_t distance = edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = std::string(candidate);
    }
  }
  return nearest;
}

}  // namespace sextant
