// Texts made from the declared commands and options: help, the reference page, shell completion.
#pragma once

#include <string>
#include <string_view>

#include "sextant/cli/verb.h"

namespace CLI {
class Option;
}

namespace sextant::cli {

// `app` is the whole command with every verb declared.
// What a value is called: "FILE", "NUMBER", "auto|always|never".
std::string value_name(const CLI::Option& option);

std::string main_help(const CLI::App& app, const Verbs& verbs);
std::string verb_help(const CLI::App& app, const Verb& verb);

// Markdown of docs/reference.md.
std::string reference(const CLI::App& app, const Verbs& verbs);

}  // namespace sextant::cli
