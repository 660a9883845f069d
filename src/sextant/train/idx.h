// The idx format of MNIST and its kind: a magic number, the extents, the values.
//
// Only unsigned bytes, which is what all data sets of pictures use. The bytes are looked at in
// place. Errors: kDataLoss, kUnsupported.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"

namespace sextant::train {

struct IdxArray {
  Shape shape;
  std::span<const uint8_t> values;
};

// The whole file, unpacked; its size must be what the extents say. `where` names it in messages.
Result<IdxArray> parse_idx(std::span<const std::byte> bytes, std::string_view where);

}  // namespace sextant::train
