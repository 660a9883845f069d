// Turns a nested pickle into flat names: {"ema": {"w": tensor}} gives "ema.w", list elements are
// numbered, what is not a tensor becomes metadata text. Private to the pickle reader.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/io/pickle_value.h"

namespace sextant::io {

struct PickleContents {
  struct Entry {
    std::string name;
    uint32_t tensor = 0;  // index into the document; one tensor may have several names
  };
  std::vector<Entry> tensors;  // in the order of the pickle
  std::map<std::string, std::string> metadata;
};

// A document that is one tensor gives the name "tensor", one other value the key "value". At most
// 4096 values are listed as metadata; the key "..." then says how many more there are. `memory`
// bounds what the result may take. Errors: kDataLoss (a name twice, or not printable), kOutOfRange
// (depth, memory, steps).
Result<PickleContents> flatten_pickle(const PickleDocument& document, std::string_view where,
                                      uint64_t memory);

}  // namespace sextant::io
