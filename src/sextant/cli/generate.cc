// sextant generate: text behind a prompt.
#include <string>

#include "sextant/base/log.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/language_options.h"
#include "sextant/cli/verbs.h"

namespace sextant::cli {
namespace {

class Generate : public Verb {
 public:
  std::string_view name() const override { return "generate"; }
  std::string_view summary() const override { return "Write on behind a text"; }
  std::string_view description() const override {
    return "Reads a prompt and writes what the language model says next. The prompt is taken as it "
           "is, without a chat template (see `sextant chat`). The same model, options and seed "
           "give "
           "the same text. Ctrl-C ends the text early and keeps it (exit status 130).";
  }
  std::vector<Example> examples() const override {
    return {{"sextant generate \"The capital of France is\" -n 20", "twenty tokens more"},
            {"sextant generate --file story.txt --temperature 0.8 --top-p 0.95 --seed 7",
             "another ending for each seed"},
            {"sextant generate -m models/stories260k \"Once upon a time\" --json",
             "text, tokens and times as JSON"}};
  }

  void declare(CLI::App& app) override {
    CLI::Option* prompt = app.add_option("prompt,-p,--prompt", prompt_, "The text to continue");
    app.add_option("-f,--file", file_, "Read the prompt from this file; - is standard input")
        ->excludes(prompt);
    model_.declare(app);
    text_.declare(app, 256);
  }

  Result<void> run(Session& session) override {
    if (!file_.empty()) {
      SEXTANT_TRY(prompt_, read_text(file_, kMaxPromptBytes));
    }
    SEXTANT_TRY(const auto model, model_.load(session));
    // A model that starts every text with a mark was trained on prompts that have it.
    const auto prompt = model.tokenizer.encode(prompt_, {.add_special = true});
    if (prompt.empty()) {
      return fail_with_hint(ErrorCode::kInvalidArgument,
                            "[cli] generate: expected a prompt, found none",
                            "give it as an argument, or --file FILE, or --file -");
    }
    SEXTANT_TRY_VOID(model.decoder.check_length(text_.context));
    lm::Session text(model, text_.context, model_.chosen_precision());
    const Context context = session.context(text_.sampling.seed);
    const auto show = [&](std::string_view piece) {
      if (!text_.json) {
        session.out().write(piece);
        session.out().flush();
      }
    };
    SEXTANT_TRY(const auto result, text.generate(prompt, text_.generate_options(), show, context));
    if (text_.json) {
      OrderedJson json = {{"model", model.name}};
      json.update(result_json(result));
      print_json(session.out(), json);
    } else {
      session.out().write("\n");
      session.out().flush();
      log(LogLevel::kInfo, "{}", timing_text(result));
    }
    if (result.reason == lm::StopReason::kCancelled) {
      return fail(ErrorCode::kCancelled, "[cli] {}", ending_text(result, text.context_length()));
    }
    if (const std::string ending = ending_text(result, text.context_length()); !ending.empty()) {
      log(LogLevel::kInfo, "{}", ending);
    }
    return {};
  }

 private:
  static constexpr size_t kMaxPromptBytes = size_t{64} << 20;

  std::string prompt_;
  std::string file_;
  ModelOptions model_;
  TextOptions text_;
};

}  // namespace

std::unique_ptr<Verb> make_generate() { return std::make_unique<Generate>(); }

}  // namespace sextant::cli
