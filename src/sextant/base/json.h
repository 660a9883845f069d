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
  // One text or number. The parser holds several copies of a long one, most in its messages.
  size_t max_token_bytes = size_t{8} << 20;
  // Memory of the parsed values may be at most the first plus the second times the text's bytes.
  size_t base_memory = size_t{48} << 20;
  size_t memory_per_byte = 3;
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

// For readers that need no document, only its values as they come: derive, implement the events of
// nlohmann::json_sax, and return stop(error) from one to end the reading.
class JsonEvents : public nlohmann::json_sax<Json> {
 public:
  bool binary(binary_t&) final { return false; }  // JSON has none
  bool parse_error(std::size_t position, const std::string&, const Json::exception& e) final;

 protected:
  bool stop(Error error) {
    error_ = std::move(error);
    return false;
  }

 private:
  friend Result<void> read_json(std::string_view text, std::string_view what,
                                const JsonLimits& limits, JsonEvents& events);
  std::string what_;
  Error error_;
};

// Hands the values of one whole document to `events`. The limits of bytes and of token length are
// checked here; depth and memory are the reader's own matter. Errors as parse_json, and its own.
Result<void> read_json(std::string_view text, std::string_view what, const JsonLimits& limits,
                       JsonEvents& events);

}  // namespace sextant
