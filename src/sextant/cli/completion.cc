#include "sextant/cli/completion.h"

#include <vector>

#include <CLI/CLI.hpp>

#include "sextant/cli/help.h"
#include "sextant/cli/options.h"
#include "sextant/cli/verbs.h"

namespace sextant::cli {
namespace {

// Shell words that a value can be: the choices of an option, or nothing.
std::vector<std::string> choices(const CLI::Option& option) {
  const std::string name = value_name(option);
  std::vector<std::string> words;
  if (name.find('|') != std::string::npos) {
    for (size_t begin = 0; begin <= name.size();) {
      const size_t end = std::min(name.find('|', begin), name.size());
      words.push_back(name.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return words;
}

bool takes_file(const CLI::Option& option) {
  const std::string name = value_name(option);
  return name == "FILE" || name == "FOLDER";
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : std::string(between)) + word;
  }
  return text;
}

std::vector<std::string> names(const CLI::Option& option) {
  std::vector<std::string> out;
  for (const std::string& name : option.get_lnames()) {
    out.push_back("--" + name);
  }
  for (const std::string& name : option.get_snames()) {
    out.push_back("-" + name);
  }
  return out;
}

// Every command has --help; it is offered among the global ones.
std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([&app](const CLI::Option* option) {
    return option->nonpositional() && !option->get_group().empty() &&
           (app.get_parent() == nullptr || option != app.get_help_ptr());
  });
}

const CLI::App& app_of(const Program& program, const Verb& verb) {
  return *program.app.get_subcommand(std::string(verb.name()));
}

// Text within single quotes.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

std::vector<std::string> verb_names(const Program& program) {
  std::vector<std::string> out;
  for (const auto& verb : program.verbs) {
    out.emplace_back(verb->name());
  }
  return out;
}

constexpr std::string_view kModelNames = "$(sextant list --names 2>/dev/null)";

// --- bash

// What may follow an option with a value.
std::string bash_values(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : options_of(app)) {
    std::string words = joined(choices(*option), " ");
    const bool model = value_name(*option) == "MODEL";
    if (model) {
      words = kModelNames;
    }
    if (!words.empty()) {
      text +=
          format("    {}) COMPREPLY=($(compgen -W \"{}\" -- \"$word\"){}); return ;;\n",
                 joined(names(*option), "|"), words, model ? " $(compgen -f -- \"$word\")" : "");
    }
  }
  return text;
}

std::string bash_options(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : options_of(app)) {
    words.push_back(names(*option).front());
  }
  return joined(words, " ");
}

std::string bash_script(const Program& program) {
  const std::string global = bash_options(program.app);
  std::string values = bash_values(program.app);
  std::string options;
  for (const auto& verb : program.verbs) {
    const CLI::App& own = app_of(program, *verb);
    for (size_t begin = 0, end; (end = bash_values(own).find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string line = bash_values(own).substr(begin, end + 1 - begin);
      values += values.find(line) == std::string::npos ? line : "";
    }
    options += format("      {}) options+=\" {}\" ;;\n", verb->name(), bash_options(own));
  }
  return format(
      "# bash completion of sextant: source this, or put it into\n"
      "# ~/.local/share/bash-completion/completions/sextant\n"
      "_sextant() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} verb= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${{COMP_WORDS[i]}} in\n"
      "    {}) verb=${{COMP_WORDS[i]}}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  case $previous in\n{}  esac\n"
      "  if [[ $word == -* ]]; then\n"
      "    local options=\"{}\"\n"
      "    case $verb in\n{}    esac\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  elif [[ -z $verb ]]; then\n"
      "    COMPREPLY=($(compgen -W \"{}\" -- \"$word\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _sextant sextant\n",
      joined(verb_names(program), "|"), values, global, options, joined(verb_names(program), " "));
}

// --- zsh

// Brackets and colons have a meaning in the specifications of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    out +=
        c == '[' || c == ']' || c == ':' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return out;
}

std::string zsh_options(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : options_of(app)) {
    std::string action;
    if (option->get_items_expected_max() > 0) {
      const std::string words = joined(choices(*option), " ");
      action = value_name(*option) == "MODEL" ? ":model:_sextant_models"
               : !words.empty()               ? format(":value:({})", words)
               : takes_file(*option)          ? ":file:_files"
                                              : ":value: ";
    }
    for (const std::string& name : names(*option)) {
      text += " \\\n      " +
              shell_quoted(format("{}[{}]{}", name, zsh_text(option->get_description()), action));
    }
  }
  return text;
}

std::string zsh_script(const Program& program) {
  std::string commands;
  std::string cases;
  const std::string global = zsh_options(program.app);
  for (const auto& verb : program.verbs) {
    commands += format("      {}\n",
                       shell_quoted(format("{}:{}", verb->name(), zsh_text(verb->summary()))));
    cases += format("    {}) _arguments{}{} \\\n      '*:file:_files' ;;\n", verb->name(),
                    zsh_options(app_of(program, *verb)), global);
  }
  return format(
      "#compdef sextant\n"
      "# zsh completion of sextant: put this as _sextant into a folder of $fpath\n"
      "_sextant_models() {{ compadd -- ${{(f)\"{}\"}}; _files }}\n"
      "_sextant() {{\n"
      "  local context state line\n"
      "  local -a commands\n"
      "  _arguments -C{} \\\n      '1: :->command' '*:: :->rest'\n"
      "  case $state in\n"
      "  command)\n"
      "    commands=(\n{}    )\n"
      "    _describe command commands ;;\n"
      "  rest)\n"
      "    case $line[1] in\n{}    esac ;;\n"
      "  esac\n"
      "}}\n"
      "_sextant \"$@\"\n",
      kModelNames, global, commands, cases);
}

// --- fish

std::string fish_options(const CLI::App& app, std::string_view condition) {
  std::string text;
  for (const CLI::Option* option : options_of(app)) {
    text += format("complete -c sextant{}", condition);
    for (const std::string& name : option->get_lnames()) {
      text += " -l " + name;
    }
    for (const std::string& name : option->get_snames()) {
      text += " -s " + name;
    }
    if (value_name(*option) == "MODEL") {
      text += " -r -a '(sextant list --names 2>/dev/null)'";
    } else if (const auto words = choices(*option); !words.empty()) {
      text += " -x -a " + shell_quoted(joined(words, " "));
    } else if (option->get_items_expected_max() > 0) {
      text += takes_file(*option) ? " -r -F" : " -x";
    }
    text += " -d " + shell_quoted(option->get_description()) + "\n";
  }
  return text;
}

std::string fish_script(const Program& program) {
  std::string text =
      "# fish completion of sextant: put this into ~/.config/fish/completions/sextant.fish\n";
  text += fish_options(program.app, "");
  for (const auto& verb : program.verbs) {
    text += format("complete -c sextant -f -n __fish_use_subcommand -a {} -d {}\n", verb->name(),
                   shell_quoted(verb->summary()));
    text += fish_options(app_of(program, *verb),
                         format(" -n '__fish_seen_subcommand_from {}'", verb->name()));
  }
  return text;
}

class Completion : public Verb {
 public:
  std::string_view name() const override { return "completion"; }
  std::string_view summary() const override { return "Print a completion script for a shell"; }
  std::string_view description() const override {
    return "Prints a script that lets bash, zsh or fish complete commands, options, their choices "
           "and the names of models. Its first lines say where to put it.";
  }
  std::vector<Example> examples() const override {
    return {{"source <(sextant completion bash)", "complete in this bash"},
            {"sextant completion fish > ~/.config/fish/completions/sextant.fish",
             "complete in every new fish"}};
  }
  void declare(CLI::App& app) override {
    app.add_option("SHELL", shell_, "Which shell")
        ->required()
        ->check(one_of({"bash", "zsh", "fish"}));
  }
  Result<void> run(Session& session) override {
    const Shell shell = shell_ == "bash"  ? Shell::kBash
                        : shell_ == "zsh" ? Shell::kZsh
                                          : Shell::kFish;
    session.out().write(completion_script(shell, session.program()));
    return {};
  }

 private:
  std::string shell_;
};

}  // namespace

std::string completion_script(Shell shell, const Program& program) {
  switch (shell) {
    case Shell::kBash:
      return bash_script(program);
    case Shell::kZsh:
      return zsh_script(program);
    case Shell::kFish:
      return fish_script(program);
  }
  return "";
}

std::unique_ptr<Verb> make_completion() { return std::make_unique<Completion>(); }

}  // namespace sextant::cli
