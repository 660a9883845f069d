// JSON from outside: parsed with limits, duplicate keys refused (most libraries keep the last,
// so that two readers can see two files). Includes nlohmann/json: keep out of widely used headers.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

// Hands the members of one object, or the elements of one array, to `each` instead of keeping them:
// for parts whose DOM would be too large (a vocabulary). The document then holds that object or
// array empty. Duplicate keys inside it are for `each` to find; `key` is "" in an array.
struct JsonStream {
  std::vector<std::string> path;  // keys from the root, e.g. {"model", "vocab"}
  std::function<Result<void>(std::string_view key, const Json& value)> each;
};

// Parses one whole document. `what` names it in messages, e.g. "config.json".
// Errors: kDataLoss (not JSON, duplicate key, with the byte position), kOutOfRange (a limit), and
// those of the streams.
Result<Json> parse_json(std::string_view text, std::string_view what, const JsonLimits& limits = {},
                        std::span<const JsonStream> streams = {});

}  // namespace sextant
