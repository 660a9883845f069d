#include "sextant/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "sextant/cli/options.h"

namespace sextant::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A command with one option of each kind and texts that shells could take for their own.
class Sample : public Verb {
 public:
  std::string_view name() const override { return "sample"; }
  std::string_view summary() const override { return "Don't [break]: a shell"; }
  std::string_view description() const override { return "A sample."; }
  std::vector<Example> examples() const override { return {{"sextant sample", "run it"}}; }
  void declare(CLI::App& app) override {
    app.add_option("--model", text_, "Which")->type_name("MODEL");
    app.add_option("--file", text_, "Where")->type_name("FILE");
    app.add_option("--count", number_, "How many")->check(whole_number(0, 9));
    app.add_option("--kind", text_, "What kind")->check(one_of({"red", "blue"}));
    app.add_flag("--hidden", flag_, "Not shown")->group("");
    add_json(app, flag_);
  }
  Result<void> run(Session&) override { return {}; }

 private:
  std::string text_;
  int number_ = 0;
  bool flag_ = false;
};

class CompletionScript : public ::testing::Test {
 protected:
  CompletionScript() {
    verbs_.push_back(std::make_unique<Sample>());
    CLI::App* own = app_.add_subcommand("sample", "");
    verbs_[0]->declare(*own);
  }
  std::string script(Shell shell) {
    return completion_script(shell, {.app = app_, .verbs = verbs_});
  }

  CLI::App app_;
  Verbs verbs_;
};

TEST_F(CompletionScript, BashKnowsOptionsChoicesAndModels) {
  const std::string text = script(Shell::kBash);
  EXPECT_THAT(text, HasSubstr("sample) options+=\" --model --file --count --kind --json\" ;;"));
  EXPECT_THAT(text, HasSubstr("--kind) COMPREPLY=($(compgen -W \"red blue\" -- \"$word\"))"));
  EXPECT_THAT(text, HasSubstr("--model) COMPREPLY=($(compgen -W \"$(sextant list --names"));
  EXPECT_THAT(text, Not(HasSubstr("hidden")));
}

TEST_F(CompletionScript, ZshEscapesWhatItsSpecificationsUse) {
  const std::string text = script(Shell::kZsh);
  EXPECT_THAT(text, HasSubstr("'sample:Don'\\''t \\[break\\]\\: a shell'"));
  EXPECT_THAT(text, HasSubstr("'--kind[What kind]:value:(red blue)'"));
  EXPECT_THAT(text, HasSubstr("'--model[Which]:model:_sextant_models'"));
  EXPECT_THAT(text, HasSubstr("'--file[Where]:file:_files'"));
  EXPECT_THAT(text, HasSubstr("'--count[How many]:value: '"));
  EXPECT_THAT(text, HasSubstr("'--json[Print one JSON document instead of text]'"));
}

TEST_F(CompletionScript, FishHasALineForEachOption) {
  const std::string text = script(Shell::kFish);
  EXPECT_THAT(text, HasSubstr("-a sample -d 'Don'\\''t [break]: a shell'\n"));
  EXPECT_THAT(text, HasSubstr("'__fish_seen_subcommand_from sample' -l kind -x -a 'red blue' -d"));
  EXPECT_THAT(text, HasSubstr("-l model -r -a '(sextant list --names 2>/dev/null)' -d 'Which'"));
  EXPECT_THAT(text, HasSubstr("-l file -r -F -d 'Where'"));
  EXPECT_THAT(text, HasSubstr("-l count -x -d 'How many'"));
}

}  // namespace
}  // namespace sextant::cli
