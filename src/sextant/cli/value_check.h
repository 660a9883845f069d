// Search for NaN and infinity in the values of a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/io/tensor_source.h"

namespace sextant::cli {

struct BadValues {
  std::string tensor;
  int64_t nans = 0;
  int64_t infinities = 0;
};

// The tensors that hold any, in the order of the file. Reads everything, with all threads of the
// context. Errors: kCancelled; those of TensorSource::view.
Result<std::vector<BadValues>> find_bad_values(const io::TensorSource& source,
                                               const Context& context);

}  // namespace sextant::cli
