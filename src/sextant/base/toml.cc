#include "sextant/base/toml.h"

#include <cmath>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace sextant {
namespace {

// Depth of brackets that the parser may meet: toml++ recurses on them.
bool nested_too_deep(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  for (const char c : text) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    deepest = std::max(deepest, depth = std::max(depth, 0));
  }
  return deepest > 4 * kTomlMaxDepth;  // brackets inside texts count too
}

Result<Json> to_json(const toml::node& node, int depth, std::string_view what);

Result<Json> table_to_json(const toml::table& table, int depth, std::string_view what) {
  Json object = Json::object();
  for (const auto& [key, value] : table) {
    SEXTANT_TRY(object[std::string(key.str())], to_json(value, depth + 1, what));
  }
  return object;
}

Result<Json> array_to_json(const toml::array& array, int depth, std::string_view what) {
  Json list = Json::array();
  for (const toml::node& value : array) {
    SEXTANT_TRY(Json element, to_json(value, depth + 1, what));
    list.push_back(std::move(element));
  }
  return list;
}

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

Result<Json> to_json(const toml::node& node, int depth, std::string_view what) {
  if (depth > kTomlMaxDepth) {
    return fail(ErrorCode::kOutOfRange, "[base/toml] {}: expected at most {} levels of tables",
                what, kTomlMaxDepth);
  }
  if (const auto* table = node.as_table()) {
    return table_to_json(*table, depth, what);
  }
  if (const auto* array = node.as_array()) {
    return array_to_json(*array, depth, what);
  }
  if (const auto* text = node.as_string()) {
    return Json(text->get());
  }
  if (const auto* integer = node.as_integer()) {
    return Json(integer->get());
  }
  if (const auto* flag = node.as_boolean()) {
    return Json(flag->get());
  }
  if (const auto* number = node.as_floating_point()) {
    if (!std::isfinite(number->get())) {
      return fail(ErrorCode::kDataLoss,
                  "[base/toml] {}: expected finite numbers, found one at line {}", what,
                  node.source().begin.line);
    }
    return Json(number->get());
  }
  if (const auto* date = node.as_date()) {
    return Json(printed(date->get()));
  }
  if (const auto* time = node.as_time()) {
    return Json(printed(time->get()));
  }
  return Json(printed(node.as_date_time()->get()));
}

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::string in_quotes(std::string_view text) { return OrderedJson(text).dump(); }

std::string key_text(const std::string& key) { return is_bare_key(key) ? key : in_quotes(key); }

bool is_table_array(const OrderedJson& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}

std::string value_text(const OrderedJson& value) {
  if (value.is_array()) {
    std::string out = "[";
    for (const OrderedJson& element : value) {
      out += (out.size() > 1 ? ", " : "") + value_text(element);
    }
    return out + "]";
  }
  return value.dump();
}

// `path` is "a.b." of the enclosing tables.
void write_table(const OrderedJson& table, const std::string& path, std::string& out) {
  for (const auto& [key, value] : table.items()) {
    if (!value.is_null() && !value.is_object() && !is_table_array(value)) {
      out += key_text(key) + " = " + value_text(value) + "\n";
    }
  }
  for (const auto& [key, value] : table.items()) {
    const std::string name = path + key_text(key);
    if (value.is_object()) {
      out += "\n[" + name + "]\n";
      write_table(value, name + ".", out);
    } else if (is_table_array(value)) {
      for (const OrderedJson& element : value) {
        out += "\n[[" + name + "]]\n";
        write_table(element, name + ".", out);
      }
    }
  }
}

}  // namespace

Result<Json> parse_toml(std::string_view text, std::string_view what) {
  if (text.size() > kTomlMaxBytes) {
    return fail(ErrorCode::kOutOfRange, "[base/toml] {}: expected at most {} bytes, found {}", what,
                kTomlMaxBytes, text.size());
  }
  if (nested_too_deep(text)) {
    return fail(ErrorCode::kOutOfRange, "[base/toml] {}: brackets nest too deep", what);
  }
  const toml::parse_result result = toml::parse(text);
  if (!result) {
    const auto& at = result.error().source().begin;
    return fail(ErrorCode::kDataLoss, "[base/toml] {}: line {}, column {}: {}", what, at.line,
                at.column, printable(result.error().description()));
  }
  return table_to_json(result.table(), 0, what);
}

Json parse_toml_value(std::string_view text) {
  const auto document = parse_toml("value = " + std::string(text), "value");
  if (document && document->size() == 1 && text.find('\n') == text.npos) {
    return document->at("value");
  }
  return Json(text);
}

std::string write_toml(const OrderedJson& object) {
  std::string out;
  write_table(object, "", out);
  return out;
}

}  // namespace sextant
