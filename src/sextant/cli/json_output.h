// Printing of JSON results.
#pragma once

#include "sextant/base/json.h"
#include "sextant/cli/output.h"

namespace sextant::cli {

// What all JSON results begin with. Raised when a field changes its meaning or goes; new fields do
// not raise it.
inline constexpr int kSchemaVersion = 1;

// Prints `object` with schema_version before its own fields. Text that is not UTF-8 is replaced.
void print_json(Output& output, const OrderedJson& object);

// The double with the fewest digits that still names this f32: JSON then shows only those.
double shortest_double(float value);

// One JSON value on one line, for streams of results.
void print_json_line(Output& output, const OrderedJson& value);

}  // namespace sextant::cli
