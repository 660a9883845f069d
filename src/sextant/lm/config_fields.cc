#include "sextant/lm/config_fields.h"

#include <cmath>

namespace sextant::lm {

Failure bad_field(std::string_view field, std::string_view expected, const Json& found) {
  std::string text = found.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) {
    text = text.substr(0, 57) + "...";
  }
  return fail(ErrorCode::kDataLoss, "[lm/config] \"{}\": expected {}, found {} (config.json)",
              field, expected, text);
}

const Json* get(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<int64_t> integer(const Json& object, std::string_view name, std::optional<int64_t> missing,
                        int64_t max) {
  const Json* value = get(object, name);
  if (value == nullptr) {
    if (missing) {
      return *missing;
    }
    return fail(ErrorCode::kDataLoss,
                "[lm/config] \"{}\": expected a number, found nothing (config.json)", name);
  }
  if (!value->is_number_integer() || value->get<int64_t>() < 1 || value->get<int64_t>() > max) {
    return bad_field(name, sextant::format("a whole number from 1 to {}", max), *value);
  }
  return value->get<int64_t>();
}

Result<double> number(const Json& object, std::string_view name, double missing) {
  const Json* value = get(object, name);
  if (value == nullptr) {
    return missing;
  }
  if (!value->is_number() || !std::isfinite(value->get<double>()) || value->get<double>() < 0) {
    return bad_field(name, "a number of at least 0", *value);
  }
  return value->get<double>();
}

Result<bool> flag(const Json& object, std::string_view name, bool missing) {
  const Json* value = get(object, name);
  if (value == nullptr) {
    return missing;
  }
  if (!value->is_boolean()) {
    return bad_field(name, "true or false", *value);
  }
  return value->get<bool>();
}

Result<std::string> word(const Json& object, std::string_view name, std::string missing) {
  const Json* value = get(object, name);
  if (value == nullptr) {
    return missing;
  }
  if (!value->is_string()) {
    return bad_field(name, "a string", *value);
  }
  return value->get<std::string>();
}

}  // namespace sextant::lm
