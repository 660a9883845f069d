#include "sextant/base/settings.h"

#include <algorithm>

#include "sextant/base/nearest.h"
#include "sextant/base/toml.h"

namespace sextant {

Settings::Settings(const Json& table, std::string path) : table_(table), path_(std::move(path)) {}

const Json& Settings::empty() {
  static const Json kEmpty = Json::object();
  return kEmpty;
}

const Json* Settings::find(const char* key) {
  known_.emplace_back(key);
  const auto place = table_.find(key);
  return place == table_.end() ? nullptr : &*place;
}

void Settings::wrong(const char* key, std::string_view expected, const Json& found) {
  if (!error_) {
    error_ = fail(ErrorCode::kDataLoss, "[base/settings] {}{}: expected {}, found {}", path_, key,
                  expected, printable(found.dump()))
                 .value();
  }
}

void Settings::out_of_range(const char* key, std::string expected, const Json& found) {
  if (!error_) {
    error_ = fail(ErrorCode::kOutOfRange, "[base/settings] {}{}: expected {}, found {}", path_, key,
                  expected, printable(found.dump()))
                 .value();
  }
}

void Settings::integer(const char* key, int64_t& value, int64_t low, int64_t high) {
  if (const Json* found = find(key)) {
    const bool fits =
        found->is_number_integer() &&
        !(found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX));
    if (!fits) {
      wrong(key, "a whole number", *found);
    } else if (found->get<int64_t>() < low || found->get<int64_t>() > high) {
      out_of_range(key, format("a whole number from {} to {}", low, high), *found);
    } else {
      value = found->get<int64_t>();
    }
  }
  in_force_[key] = value;
}

void Settings::number(const char* key, double& value, double low, double high) {
  if (const Json* found = find(key)) {
    if (!found->is_number()) {
      wrong(key, "a number", *found);
    } else if (!(found->get<double>() >= low && found->get<double>() <= high)) {
      out_of_range(key, format("a number from {} to {}", low, high), *found);
    } else {
      value = found->get<double>();
    }
  }
  in_force_[key] = value;
}

void Settings::flag(const char* key, bool& value) {
  if (const Json* found = find(key)) {
    if (found->is_boolean()) {
      value = found->get<bool>();
    } else {
      wrong(key, "true or false", *found);
    }
  }
  in_force_[key] = value;
}

void Settings::text(const char* key, std::string& value) {
  if (const Json* found = find(key)) {
    if (found->is_string()) {
      value = found->get<std::string>();
    } else {
      wrong(key, "a text", *found);
    }
  }
  in_force_[key] = value;
}

void Settings::choice(const char* key, std::string& value,
                      std::initializer_list<std::string_view> choices) {
  if (const Json* found = find(key)) {
    const auto* text = found->get_ptr<const std::string*>();
    if (text != nullptr && std::find(choices.begin(), choices.end(), *text) != choices.end()) {
      value = *text;
    } else {
      std::string list;
      for (const std::string_view choice : choices) {
        list += (list.empty() ? "" : ", ") + std::string(choice);
      }
      out_of_range(key, "one of " + list, *found);
    }
  }
  in_force_[key] = value;
}

void Settings::numbers(const char* key, std::vector<double>& values) {
  if (const Json* found = find(key)) {
    const auto is_number = [](const Json& element) { return element.is_number(); };
    if (found->is_array() && std::all_of(found->begin(), found->end(), is_number)) {
      values = found->get<std::vector<double>>();
    } else {
      wrong(key, "a list of numbers", *found);
    }
  }
  in_force_[key] = values;
}

void Settings::texts(const char* key, std::vector<std::string>& values) {
  if (const Json* found = find(key)) {
    const auto is_text = [](const Json& element) { return element.is_string(); };
    if (found->is_array() && std::all_of(found->begin(), found->end(), is_text)) {
      values = found->get<std::vector<std::string>>();
    } else {
      wrong(key, "a list of texts", *found);
    }
  }
  in_force_[key] = values;
}

void Settings::raw(const char* key, Json& value) {
  if (const Json* found = begin_table(key)) {
    value = *found;
  }
  in_force_[key] = value;
}

const Json* Settings::begin_table(const char* key) {
  const Json* found = find(key);
  if (found != nullptr && !found->is_object()) {
    wrong(key, "a table", *found);
    return nullptr;
  }
  return found;
}

const Json* Settings::begin_tables(const char* key) {
  const Json* found = find(key);
  const auto is_table = [](const Json& element) { return element.is_object(); };
  if (found != nullptr &&
      !(found->is_array() && std::all_of(found->begin(), found->end(), is_table))) {
    wrong(key, "a list of tables", *found);
    return nullptr;
  }
  return found;
}

void Settings::end_table(const char* key, Settings& inner) {
  auto finished = std::move(inner).finish();
  if (finished) {
    in_force_[key] = std::move(*finished);
  } else if (!error_) {
    error_ = std::move(finished).error();
  }
}

void Settings::end_element(const char* key, Settings& inner) {
  auto finished = std::move(inner).finish();
  if (finished) {
    in_force_[key].push_back(std::move(*finished));
  } else if (!error_) {
    error_ = std::move(finished).error();
  }
}

void Settings::require(bool holds, std::string_view what) {
  if (!holds && !error_) {
    error_ = fail(ErrorCode::kOutOfRange, "[base/settings] {}expected {}", path_, what).value();
  }
}

Result<OrderedJson> Settings::finish() && {
  for (const auto& [key, value] : table_.items()) {
    if (error_ || std::find(known_.begin(), known_.end(), key) != known_.end()) {
      continue;
    }
    const auto near = nearest_name(key, known_);
    std::string all;
    for (const std::string& name : known_) {
      all += (all.empty() ? "" : ", ") + name;
    }
    error_ = fail_with_hint(ErrorCode::kDataLoss,
                            format("[base/settings] {}{}: unknown key", path_, printable(key)),
                            near ? format("did you mean {}?", *near) : "keys here: " + all)
                 .value();
  }
  if (error_) {
    return Failure(std::move(*error_));
  }
  return std::move(in_force_);
}

Result<void> apply_setting(Json& document, std::string_view key_and_value) {
  const size_t equals = key_and_value.find('=');
  if (equals == key_and_value.npos || equals == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "[base/settings] --set: expected key=value, found \"{}\"",
                printable(key_and_value));
  }
  Json* place = &document;
  std::string_view path = key_and_value.substr(0, equals);
  for (;;) {
    const size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    if (place->is_null()) {
      *place = Json::object();
    }
    if (!place->is_object() || key.empty()) {
      return fail(
          ErrorCode::kInvalidArgument,
          "[base/settings] --set {}: expected the path of a key, found one that leads nowhere",
          printable(key_and_value.substr(0, equals)));
    }
    place = &(*place)[key];
    if (dot == path.npos) {
      break;
    }
    path = path.substr(dot + 1);
  }
  *place = parse_toml_value(key_and_value.substr(equals + 1));
  return {};
}

}  // namespace sextant
