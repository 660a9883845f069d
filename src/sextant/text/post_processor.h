// What a post-processor of a single text comes down to: ids before it and behind it.
#pragma once

#include <cstdint>
#include <vector>

namespace sextant::text {

struct SpecialFrame {
  std::vector<int32_t> before;  // BOS, [CLS]
  std::vector<int32_t> after;   // EOS, [SEP]
};

}  // namespace sextant::text
