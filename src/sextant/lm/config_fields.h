// Fields of a config.json, checked. Used by the readers of configurations only.
//
// Errors: kDataLoss naming the field, what is expected and what the file has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/base/json.h"

namespace sextant::lm {

// Limits on what a file may ask for: far above every published model, far below overflow.
inline constexpr int64_t kMaxExtent = int64_t{1} << 24;
inline constexpr int64_t kMaxLayers = 4096;

Failure bad_field(std::string_view field, std::string_view expected, const Json& found);

// The field, or null where it is missing or null in the file.
const Json* get(const Json& object, std::string_view name);

// From 1 to max; `missing` where the file says nothing, an error without one.
Result<int64_t> integer(const Json& object, std::string_view name, std::optional<int64_t> missing,
                        int64_t max = kMaxExtent);
Result<double> number(const Json& object, std::string_view name, double missing);  // at least 0
Result<bool> flag(const Json& object, std::string_view name, bool missing);
Result<std::string> word(const Json& object, std::string_view name, std::string missing);

}  // namespace sextant::lm
