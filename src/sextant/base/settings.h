// Settings from outside (a recipe, a config.json) into a struct: each key is declared once, with
// its range, and that declaration reads it, checks it, lists it for "did you mean", and gives back
// the value in force for --dump-config.
//
//   void declare(Settings& s, Options& o) {
//     s.integer("steps", o.steps, 1, 1'000'000);
//     s.choice("kind", o.kind, {"cosine", "linear"});
//   }
//   Options options;
//   SEXTANT_TRY(const OrderedJson in_force, read_settings(json, "recipe.toml", options, declare));
//
// A key that is not there leaves the struct's own value. Errors (the first one counts): kDataLoss
// for a wrong type or a key that nobody declared, kOutOfRange for a value out of its range.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"

namespace sextant {

class Settings {
 public:
  // `path` names the table in messages: "recipe.toml: model.".
  Settings(const Json& table, std::string path);

  void integer(const char* key, int64_t& value, int64_t low, int64_t high);
  void number(const char* key, double& value, double low, double high);
  void flag(const char* key, bool& value);
  void text(const char* key, std::string& value);
  void choice(const char* key, std::string& value, std::initializer_list<std::string_view> choices);
  void numbers(const char* key, std::vector<double>& values);
  void texts(const char* key, std::vector<std::string>& values);
  // A table as it stands, for somebody else to read; an object.
  void raw(const char* key, Json& value);

  template <class T>
  void table(const char* key, T& value, void (*declare)(Settings&, T&)) {
    const Json* inner = begin_table(key);
    Settings settings(inner != nullptr ? *inner : empty(), path_ + key + ".");
    declare(settings, value);
    end_table(key, settings);
  }

  // An array of tables; replaces the list that is there.
  template <class T>
  void tables(const char* key, std::vector<T>& values, void (*declare)(Settings&, T&)) {
    const Json* list = begin_tables(key);
    if (list != nullptr) {
      values.assign(list->size(), T{});
    }
    in_force_[key] = OrderedJson::array();
    for (size_t i = 0; i < values.size(); ++i) {
      const bool given = list != nullptr && (*list)[i].is_object();
      Settings settings(given ? (*list)[i] : empty(), format("{}{}[{}].", path_, key, i));
      declare(settings, values[i]);
      end_element(key, settings);
    }
  }

  // For a rule between keys, behind their declarations.
  void require(bool holds, std::string_view what);

  // The values in force, or the first error; keys that were not declared are one.
  Result<OrderedJson> finish() &&;

 private:
  static const Json& empty();
  const Json* find(const char* key);
  const Json* begin_table(const char* key);
  const Json* begin_tables(const char* key);
  void end_table(const char* key, Settings& inner);
  void end_element(const char* key, Settings& inner);
  void wrong(const char* key, std::string_view expected, const Json& found);
  void out_of_range(const char* key, std::string expected, const Json& found);

  const Json& table_;
  std::string path_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
  OrderedJson in_force_ = OrderedJson::object();
};

// `what` names the document in messages.
template <class T>
Result<OrderedJson> read_settings(const Json& document, std::string_view what, T& value,
                                  void (*declare)(Settings&, T&)) {
  if (!document.is_object()) {
    return fail(ErrorCode::kDataLoss, "[base/settings] {}: expected a table, found {}", what,
                document.type_name());
  }
  Settings settings(document, std::string(what) + ": ");
  declare(settings, value);
  return std::move(settings).finish();
}

// Sets `path` ("model.layers") of a document to a value given as text (parse_toml_value). Tables on
// the way are made. Errors: kInvalidArgument for a text without "=" or a path through a value.
Result<void> apply_setting(Json& document, std::string_view key_and_value);

}  // namespace sextant
