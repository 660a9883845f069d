#include "sextant/cli/json_output.h"

#include <array>
#include <charconv>
#include <cmath>

namespace sextant::cli {

void print_json(Output& output, const OrderedJson& object) {
  OrderedJson whole = {{"schema_version", kSchemaVersion}};
  whole.update(object);
  output.write(whole.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + '\n');
}

double shortest_double(float value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double wide = value;  // NaN and infinity as they are
  if (std::isfinite(value)) {
    std::from_chars(text.data(), end, wide);
  }
  return wide;
}

void print_json_line(Output& output, const OrderedJson& value) {
  output.write(value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n');
}

}  // namespace sextant::cli
