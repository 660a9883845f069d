#include "sextant/cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include <CLI/CLI.hpp>

#include "sextant/cli/options.h"

namespace sextant::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Sample : public Verb {
 public:
  std::string_view name() const override { return "sample"; }
  std::string_view summary() const override { return "Take a sample"; }
  std::string_view description() const override {
    return "Takes a sample of the thing that is named and says at some length what it found there, "
           "so that this text has to be filled into more than one line.";
  }
  std::vector<Example> examples() const override { return {{"sextant sample a | wc", "count"}}; }
  void declare(CLI::App& app) override {
    app.option_defaults()->always_capture_default(true);
    app.add_option("THING", thing_, "What to sample")->required();
    app.add_option("--kind", kind_, "What kind")->check(one_of({"red", "blue"}));
    app.add_option("--a-rather-long-option-name", thing_, "Long")->required();
    app.add_flag("-x,--extra", flag_, "More");
    app.add_flag("--hidden", flag_, "Not shown")->group("");
  }
  Result<void> run(Session&) override { return {}; }

 private:
  std::string thing_;
  std::string kind_ = "red";
  bool flag_ = false;
};

class Help : public ::testing::Test {
 protected:
  Help() {
    app_.set_help_flag("-h,--help", "Show this help");
    verbs_.push_back(std::make_unique<Sample>());
    verbs_[0]->declare(*app_.add_subcommand("sample", ""));
  }

  CLI::App app_;
  Verbs verbs_;
};

TEST_F(Help, OfACommandHasUsageArgumentsOptionsAndExamples) {
  const std::string text = verb_help(app_, *verbs_[0]);
  EXPECT_THAT(text, StartsWith("Usage: sextant sample THING --a-rather-long-option-name TEXT "
                               "[OPTIONS]\n\nTakes a sample"));
  EXPECT_THAT(text, HasSubstr("\nArguments:\n  THING  What to sample\n"));
  EXPECT_THAT(text, HasSubstr("--kind red|blue  What kind (default red)\n"));
  EXPECT_THAT(text, HasSubstr("  -x, --extra      More\n"));
  EXPECT_THAT(text, HasSubstr("\n  --a-rather-long-option-name TEXT\n"));
  EXPECT_THAT(text, HasSubstr("Long (required)\n"));
  EXPECT_THAT(text, HasSubstr("\nExamples:\n  # count\n  sextant sample a | wc\n"));
  EXPECT_THAT(text, Not(HasSubstr("hidden")));
}

TEST_F(Help, LinesFitATerminal) {
  std::istringstream lines(verb_help(app_, *verbs_[0]));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 96u) << line;
  }
}

TEST_F(Help, MainNamesCommandsWithTheirSummaries) {
  const std::string text = main_help(app_, verbs_);
  EXPECT_THAT(text, HasSubstr("\nCommands:\n  sample  Take a sample\n"));
  EXPECT_THAT(text, HasSubstr("  -h, --help  Show this help\n"));
}

TEST_F(Help, ReferenceEscapesBarsOfTables) {
  const std::string text = reference(app_, verbs_);
  EXPECT_THAT(text, HasSubstr("\n## sextant sample\n"));
  EXPECT_THAT(text, HasSubstr("| `--kind red\\|blue` | What kind (default red) |\n"));
  EXPECT_THAT(text, HasSubstr("\n```sh\nsextant sample a | wc  # count\n```\n"));
}

}  // namespace
}  // namespace sextant::cli
