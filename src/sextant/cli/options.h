// Checks of option values, with messages of the project's form, and options that several commands
// share. Includes CLI11: for the files of verbs only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace sextant::cli {

// "expected a whole number from 1 to 8, found "x""
CLI::Validator whole_number(int64_t low, int64_t high);
CLI::Validator real_number(double low, double high);
// "expected auto, always or never, found "x"; did you mean ...?"
CLI::Validator one_of(std::vector<std::string> names);

// --json: data as one JSON document with schema_version.
CLI::Option* add_json(CLI::App& app, bool& json);

}  // namespace sextant::cli
