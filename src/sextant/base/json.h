// JSON from outside: parsed with limits, duplicate keys refused (most libraries keep the last,
// so that two readers can see two files). Includes nlohmann/json: keep out of widely used headers.
#pragma once

#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

#include "sextant/base/error.h"

namespace sextant {

using Json = nlohmann::json;                 // keys sorted: for reading
using OrderedJson = nlohmann::ordered_json;  // keys as inserted: for writing

struct JsonLimits {
  size_t max_bytes = size_t{64} << 20;
  int max_depth = 64;
  // Memory of the parsed values may be at most this plus three times the text.
  size_t base_memory = size_t{48} << 20;
};

// Parses one whole document. `what` names it in messages, e.g. "config.json".
// Errors: kDataLoss (not JSON, duplicate key, with the byte position), kOutOfRange (a limit).
Result<Json> parse_json(std::string_view text, std::string_view what,
                        const JsonLimits& limits = {});

}  // namespace sextant
