#include "sextant/base/pattern.h"

namespace sextant {

bool matches_pattern(std::string_view name, std::string_view pattern) {
  // The last * met and what it has swallowed so far; on a mismatch it swallows one more.
  size_t n = 0, p = 0, star = pattern.npos, swallowed = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      swallowed = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != pattern.npos) {
      p = star + 1;
      n = ++swallowed;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

}  // namespace sextant
