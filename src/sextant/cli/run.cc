#include "sextant/cli/run.h"

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <new>

#include <CLI/CLI.hpp>

#include "sextant/base/nearest.h"
#include "sextant/cli/build_info.h"
#include "sextant/cli/help.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/verbs.h"

namespace sextant::cli {
namespace {

constexpr int kMaxThreads = 1024;

struct Arguments {
  GlobalOptions global;
  std::string log_format = "text";
  std::string colour = "auto";
  bool version = false;
  bool reference = false;
};

void declare_global(CLI::App& app, Arguments& arguments) {
  app.set_help_flag("-h,--help", "Show this help");
  app.add_flag("--version", arguments.version, "Show version, commit, compiler and SIMD target");
  app.add_option("--threads", arguments.global.threads, "Threads; 0: one for each processor")
      ->check(whole_number(0, kMaxThreads));
  app.add_flag("-q,--quiet", arguments.global.quiet, "No progress and no messages but errors");
  app.add_flag("-v,--verbose", arguments.global.verbose, "More messages");
  app.add_option("--log-format", arguments.log_format, "Messages on standard error as text or JSON")
      ->check(one_of({"text", "json"}));
  app.add_option("--color", arguments.colour, "Colours; auto also follows NO_COLOR")
      ->check(one_of({"auto", "always", "never"}));
  app.add_flag("--dump-reference", arguments.reference, "")->group("");
}

void declare_all(CLI::App& app, Arguments& arguments, const Verbs& verbs) {
  app.option_defaults()->always_capture_default(true);
  declare_global(app, arguments);
  app.require_subcommand(0, 1);  // words after the command are its own, even if named as one
  for (const auto& verb : verbs) {
    CLI::App* own = app.add_subcommand(std::string(verb->name()), std::string(verb->summary()));
    own->option_defaults()->always_capture_default(true);
    own->fallthrough();
    verb->declare(*own);
  }
}

const Verb* chosen_verb(const CLI::App& app, const Verbs& verbs) {
  for (const auto& verb : verbs) {
    if (app.got_subcommand(std::string(verb->name()))) {
      return verb.get();
    }
  }
  return nullptr;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (!option->get_group().empty()) {
        names.push_back("--" + name);
      }
    }
  }
  return names;
}

// What was wrong with an argument that nothing took.
Error extra_argument(const CLI::App& app, const Verbs& verbs, const std::string& extra) {
  const Verb* verb = chosen_verb(app, verbs);
  const bool option = extra.size() > 1 && extra[0] == '-';
  Error error{.code = ErrorCode::kInvalidArgument, .message = {}};
  std::vector<std::string> known;
  if (option) {
    known = option_names(app);
    if (verb != nullptr) {
      const auto own = option_names(*app.get_subcommand(std::string(verb->name())));
      known.insert(known.end(), own.begin(), own.end());
    }
  } else if (verb == nullptr) {
    for (const auto& entry : verbs) {
      known.emplace_back(entry->name());
    }
  }
  const std::string kind = option ? "option" : verb == nullptr ? "command" : "argument";
  const std::string name = extra.substr(0, extra.find('='));
  error.message = verb == nullptr
                      ? format("[cli] unknown {} \"{}\"", kind, printable(name))
                      : format("[cli] {}: {} {} \"{}\"", verb->name(),
                               option ? "unknown" : "unexpected", kind, printable(name));
  const auto near = nearest_name(name, known);
  const std::string help =
      verb == nullptr ? "sextant --help" : format("sextant {} --help", verb->name());
  error.hint = near ? format("did you mean {}? `{}` lists all", *near, help)
                    : format("`{}` lists all", help);
  return error;
}

// "--threads: expected ..." from CLI11's wording of each kind of mistake.
std::string describe(const CLI::ParseError& e) {
  std::string text = e.what();
  if (const size_t required = text.find(" is required"); required != std::string::npos) {
    return format("{} is missing", text.substr(0, required));
  }
  if (text.find("required") != std::string::npos && text.find("missing") != std::string::npos) {
    return format("{}: expected a value, found none", text.substr(0, text.find(':')));
  }
  return text;
}

// What was understood counts, so that a wrong command is reported as the user wants messages.
void apply(Arguments& arguments) {
  GlobalOptions& global = arguments.global;
  global.log_format = arguments.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  global.colour = arguments.colour == "always"  ? ColourMode::kAlways
                  : arguments.colour == "never" ? ColourMode::kNever
                                                : ColourMode::kAuto;
  set_log({.level = global.quiet     ? LogLevel::kError
                    : global.verbose ? LogLevel::kDebug
                                     : LogLevel::kInfo,
           .format = global.log_format,
           .colour = use_colour(global.colour, STDERR_FILENO)});
}

Error usage_error(const CLI::App& app, const Verbs& verbs, const CLI::ParseError& e) {
  const std::vector<std::string> extras = app.remaining(true);
  if (!extras.empty() && (dynamic_cast<const CLI::ExtrasError*>(&e) != nullptr ||
                          dynamic_cast<const CLI::RequiredError*>(&e) != nullptr)) {
    return extra_argument(app, verbs, extras.front());
  }
  const Verb* verb = chosen_verb(app, verbs);
  Error error{.code = ErrorCode::kInvalidArgument, .message = {}};
  error.message = verb == nullptr ? format("[cli] {}", describe(e))
                                  : format("[cli] {}: {}", verb->name(), describe(e));
  error.hint = verb == nullptr ? "`sextant --help` explains it"
                               : format("`sextant {} --help` explains it", verb->name());
  return error;
}

int fail_with(const Error& error) {
  log_error(error);
  return exit_status(error.code);
}

// The help asked for: that of the program, of a verb, or of the topic that is its first argument.
Result<std::string> help_text(const CLI::App& app, const Verbs& verbs) {
  const Verb* verb = chosen_verb(app, verbs);
  if (verb == nullptr) {
    return main_help(app, verbs);
  }
  const auto arguments =
      app.get_subcommand(std::string(verb->name()))->get_options([](const CLI::Option* option) {
        return !option->nonpositional() && option->count() > 0;
      });
  if (!arguments.empty()) {
    SEXTANT_TRY(std::string text, verb->topic_help(arguments.front()->results().front()));
    if (!text.empty()) {
      return text;
    }
  }
  return verb_help(app, *verb);
}

// Parses, then runs the verb or prints what was asked for.
int dispatch(int argc, const char* const* argv, Output& output) {
  Verbs verbs = make_verbs();
  Arguments arguments;
  CLI::App app;
  declare_all(app, arguments, verbs);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    apply(arguments);
    const Result<std::string> text = help_text(app, verbs);
    if (!text) {
      return fail_with(text.error());
    }
    output.write(*text);
    return 0;
  } catch (const CLI::ParseError& e) {
    apply(arguments);
    return fail_with(usage_error(app, verbs, e));
  }
  apply(arguments);
  Session session(arguments.global, {.app = app, .verbs = verbs}, output);
  if (arguments.version || arguments.reference) {
    output.write(arguments.version ? version_text() : reference(app, verbs));
    return 0;
  }
  for (const auto& verb : verbs) {
    if (app.got_subcommand(std::string(verb->name()))) {
      const Result<void> result = verb->run(session);
      return result ? 0 : fail_with(result.error());
    }
  }
  return fail_with({.code = ErrorCode::kInvalidArgument,
                    .message = "[cli] expected a command, found none",
                    .hint = "`sextant --help` lists them; try `sextant doctor`"});
}

}  // namespace

int run(int argc, const char* const* argv, Output& output) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is reported by write instead
  set_log({.level = LogLevel::kInfo, .colour = use_colour(ColourMode::kAuto, STDERR_FILENO)});
  try {
    const int status = dispatch(argc, argv, output);
    output.flush();
    return status;
  } catch (const OutputClosed&) {
    return 0;
  } catch (const SextantError& e) {
    return fail_with(e.error());
  } catch (const std::bad_alloc&) {
    return fail_with({.code = ErrorCode::kResourceExhausted, .message = "[cli] out of memory"});
  } catch (const std::exception& e) {
    return fail_with({.code = ErrorCode::kInternal, .message = format("[cli] {}", e.what())});
  }
}

}  // namespace sextant::cli
