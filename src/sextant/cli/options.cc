#include "sextant/cli/options.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "sextant/base/format.h"
#include "sextant/base/nearest.h"

namespace sextant::cli {
namespace {

std::string found(const std::string& text) { return format("found \"{}\"", printable(text)); }

}  // namespace

CLI::Validator whole_number(int64_t low, int64_t high) {
  return CLI::Validator(
      [low, high](const std::string& text) -> std::string {
        int64_t value = 0;
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc() && stop == end && value >= low && value <= high) {
          return {};
        }
        return format("expected a whole number from {} to {}, {}", low, high, found(text));
      },
      "NUMBER");
}

CLI::Validator real_number(double low, double high) {
  return CLI::Validator(
      [low, high](const std::string& text) -> std::string {
        char* stop = nullptr;
        const double value = std::strtod(text.c_str(), &stop);
        if (!text.empty() && *stop == '\0' && value >= low && value <= high) {
          return {};
        }
        return format("expected a number from {} to {}, {}", low, high, found(text));
      },
      "NUMBER");
}

CLI::Validator one_of(std::vector<std::string> names) {
  std::string list;
  for (size_t i = 0; i < names.size(); ++i) {
    list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  }
  std::string type;
  for (const std::string& name : names) {
    type += (type.empty() ? "" : "|") + name;
  }
  return CLI::Validator(
      [names = std::move(names), list](const std::string& text) -> std::string {
        for (const std::string& name : names) {
          if (name == text) {
            return {};
          }
        }
        const auto near = nearest_name(text, names);
        return format("expected {}, {}{}", list, found(text),
                      near ? format("; did you mean {}?", *near) : "");
      },
      type);
}

CLI::Option* add_json(CLI::App& app, bool& json) {
  return app.add_flag("--json", json, "Print one JSON document instead of text");
}

}  // namespace sextant::cli
