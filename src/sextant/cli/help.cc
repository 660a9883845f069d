#include "sextant/cli/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "sextant/base/format.h"

namespace sextant::cli {
namespace {

constexpr size_t kWidth = 96;      // columns of a help text
constexpr size_t kLeftWidth = 26;  // a longer left side gets a line of its own

using Row = std::pair<std::string, std::string>;

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

// "-h, --help" or "--threads NUMBER" or "FILE".
std::string left_side(const CLI::Option& option) {
  if (!option.nonpositional()) {
    return option.get_required() ? option.get_single_name() : "[" + option.get_single_name() + "]";
  }
  std::string text;
  for (const std::string& name : option.get_snames()) {
    text += (text.empty() ? "-" : ", -") + name;
  }
  for (const std::string& name : option.get_lnames()) {
    text += (text.empty() ? "--" : ", --") + name;
  }
  return is_flag(option) ? text : text + " " + value_name(option);
}

std::string right_side(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!is_flag(option) && !option.get_default_str().empty()) {
    text += format(" (default {})", option.get_default_str());
  }
  if (option.nonpositional() && option.get_required()) {
    text += " (required)";
  }
  return text;
}

// Words filled into lines of `width`, later lines indented by `indent`.
std::string fill(std::string_view text, size_t width, size_t indent) {
  std::string out;
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > 0 && column + 1 + word.size() > width) {
      out += '\n' + std::string(indent, ' ');
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string table(const std::vector<Row>& rows) {
  size_t left_width = 0;
  for (const auto& [left, right] : rows) {
    left_width = std::max(left_width, left.size() <= kLeftWidth ? left.size() : 0);
  }
  const size_t indent = 2 + left_width + 2;
  std::string out;
  for (const auto& [left, right] : rows) {
    out += "  " + left;
    const bool own_line = left.size() > left_width;
    out += own_line ? "\n" + std::string(indent, ' ') : std::string(indent - 2 - left.size(), ' ');
    out += fill(right, kWidth - indent, indent) + "\n";
  }
  return out;
}

std::vector<const CLI::Option*> visible(const CLI::App& app, bool positional) {
  return app.get_options([positional](const CLI::Option* option) {
    return option->nonpositional() != positional && !option->get_group().empty();
  });
}

std::vector<Row> rows(const std::vector<const CLI::Option*>& options) {
  std::vector<Row> out;
  for (const CLI::Option* option : options) {
    out.emplace_back(left_side(*option), right_side(*option));
  }
  return out;
}

std::string usage(const CLI::App& app, const Verb& verb) {
  std::string text = format("sextant {}", verb.name());
  for (const CLI::Option* option : visible(app, true)) {
    text += " " + left_side(*option);
  }
  for (const CLI::Option* option : visible(app, false)) {
    if (option->get_required()) {
      text += " " + left_side(*option);
    }
  }
  return text + " [OPTIONS]";
}

std::string examples_text(const Verb& verb) {
  std::string text;
  for (const Example& example : verb.examples()) {
    text += format("  # {}\n  {}\n", example.says, example.command);
  }
  return text;
}

const CLI::App& app_of(const CLI::App& app, const Verb& verb) {
  return *app.get_subcommand(std::string(verb.name()));
}

}  // namespace

std::string value_name(const CLI::Option& option) {
  std::string name = option.get_type_name();
  if (const size_t colon = name.rfind(':'); colon != std::string::npos) {
    name = name.substr(colon + 1);
  }
  return name;
}

std::string main_help(const CLI::App& app, const Verbs& verbs) {
  std::vector<Row> commands;
  for (const auto& verb : verbs) {
    commands.emplace_back(verb->name(), verb->summary());
  }
  return "sextant: transformer systems in native code\n\nUsage: sextant COMMAND [OPTIONS]\n\n"
         "Commands:\n" +
         table(commands) + "\nOptions of every command:\n" + table(rows(visible(app, false))) +
         "\n`sextant COMMAND --help` explains a command with examples.\n";
}

std::string verb_help(const CLI::App& app, const Verb& verb) {
  const CLI::App& own = app_of(app, verb);
  std::string text =
      format("Usage: {}\n\n{}\n", usage(own, verb), fill(verb.description(), kWidth, 0));
  if (const auto arguments = rows(visible(own, true)); !arguments.empty()) {
    text += "\nArguments:\n" + table(arguments);
  }
  text += "\nOptions:\n" + table(rows(visible(own, false)));
  std::vector<Row> global;
  for (const CLI::Option* option : visible(app, false)) {
    if (option->get_lnames().front() != "help" && option->get_lnames().front() != "version") {
      global.emplace_back(left_side(*option), right_side(*option));
    }
  }
  text += "\nOptions of every command:\n" + table(global);
  return text + "\nExamples:\n" + examples_text(verb);
}

std::string reference(const CLI::App& app, const Verbs& verbs) {
  const auto list = [](const std::vector<Row>& entries) {
    std::string text;
    for (const auto& [left, right] : entries) {
      text += format("| `{}` | {} |\n", left, right);
    }
    // A bar inside a table cell ends it.
    for (size_t i = 0; (i = text.find('|', i)) != std::string::npos; ++i) {
      const bool inside = i > 0 && text[i - 1] != ' ' && text[i - 1] != '\n';
      if (inside) {
        text.insert(i++, 1, '\\');
      }
    }
    return "| | |\n| --- | --- |\n" + text;
  };
  std::string text =
      "# Command reference\n\nMade from the program by `sextant --dump-reference`; a test compares "
      "the two.\n\n## Options of every command\n\n" +
      list(rows(visible(app, false)));
  for (const auto& verb : verbs) {
    const CLI::App& own = app_of(app, *verb);
    text += format("\n## sextant {}\n\n{}\n\n```sh\n{}\n```\n\n", verb->name(), verb->description(),
                   usage(own, *verb));
    auto entries = rows(visible(own, true));
    for (const CLI::Option* option : visible(own, false)) {
      if (option != own.get_help_ptr()) {
        entries.emplace_back(left_side(*option), right_side(*option));
      }
    }
    text += (entries.empty() ? "" : list(entries) + "\n") + "```sh\n";
    for (const Example& example : verb->examples()) {
      text += format("{}  # {}\n", example.command, example.says);
    }
    text += "```\n";
  }
  return text;
}

}  // namespace sextant::cli
