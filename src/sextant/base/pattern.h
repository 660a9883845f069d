// Names by pattern: '*' stands for any characters, everything else for itself.
#pragma once

#include <string_view>

namespace sextant {

// "*.bias" matches "h.0.bias". Time is at most the product of the lengths.
bool matches_pattern(std::string_view name, std::string_view pattern);

}  // namespace sextant
