// TOML, the language of recipes: text to JSON values and back.
//
// Parsing keeps the order of keys within reason (toml++ sorts them) and turns dates into texts, as
// JSON has none. toml++ stays in toml.cc.
#pragma once

#include <string>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/base/json.h"

namespace sextant {

inline constexpr size_t kTomlMaxBytes = size_t{1} << 20;
inline constexpr int kTomlMaxDepth = 16;

// Parses a whole document into an object. `what` names it in messages. Errors: kDataLoss (not TOML,
// with line and column; an infinite number), kOutOfRange (beyond a limit above).
Result<Json> parse_toml(std::string_view text, std::string_view what);

// One value as it stands behind "key =": 3, 1e-3, true, "text", [1, 2]. A text that is no TOML
// value is taken as itself, so that --set model.form=gpt2 needs no quotes.
Json parse_toml_value(std::string_view text);

// The document of an object, keys in its order; tables behind the plain values. null is left out.
std::string write_toml(const OrderedJson& object);

}  // namespace sextant
