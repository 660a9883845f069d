#include "sextant/cli/json_output.h"

namespace sextant::cli {

void print_json(Output& output, const OrderedJson& object) {
  OrderedJson whole = {{"schema_version", kSchemaVersion}};
  whole.update(object);
  output.write(whole.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + '\n');
}

void print_json_line(Output& output, const OrderedJson& value) {
  output.write(value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n');
}

}  // namespace sextant::cli
