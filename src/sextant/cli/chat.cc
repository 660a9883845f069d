// sextant chat: questions and answers with an instruction model.
#include <unistd.h>
#include <iostream>
#include <string>

#include "sextant/base/log.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/language_options.h"
#include "sextant/cli/verbs.h"
#include "sextant/text/chat_template.h"

namespace sextant::cli {
namespace {

// A conversation: the messages so far, and the session that has them in its cache.
class Conversation {
 public:
  Conversation(const lm::LanguageModel& model, text::ChatTemplate form, const TextOptions& options,
               lm::Precision precision)
      : model_(model),
        form_(std::move(form)),
        session_(model, options.context, precision),
        options_(options.generate_options()) {
    for (std::string& stop : form_.stop_strings()) {
      options_.stop.push_back(std::move(stop));
    }
  }

  void add(std::string role, std::string content) {
    messages_.push_back({std::move(role), std::move(content)});
  }

  // Forgets all but a system message.
  void reset() {
    const bool system = !messages_.empty() && messages_.front().role == "system";
    messages_.resize(system ? 1 : 0);
  }

  // Asks and adds the answer. A question that does not fit is taken back.
  Result<lm::GenerateResult> ask(std::string question, const lm::TextSink& show,
                                 const Context& context) {
    add("user", std::move(question));
    auto answer = form_.render(messages_, true).and_then([&](const text::ChatPrompt& prompt) {
      const auto ids =
          model_.tokenizer.encode(prompt.text, {.parse_special = true, .plain = prompt.contents});
      return session_.generate(ids, options_, show, context);
    });
    if (answer) {
      add("assistant", answer->text);
    } else {
      messages_.pop_back();
    }
    return answer;
  }

  const std::vector<text::ChatMessage>& messages() const { return messages_; }
  int64_t context_length() const { return session_.context_length(); }

 private:
  const lm::LanguageModel& model_;
  text::ChatTemplate form_;
  lm::Session session_;
  lm::GenerateOptions options_;
  std::vector<text::ChatMessage> messages_;
};

class Chat : public Verb {
 public:
  std::string_view name() const override { return "chat"; }
  std::string_view summary() const override { return "Talk with a language model"; }
  std::string_view description() const override {
    return "Answers the messages given as arguments, one after the other, or, without any, each "
           "line "
           "of standard input as it is typed. The model's own chat template is used. In a "
           "conversation, /reset forgets what was said and /exit (or Ctrl-D) ends it.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant chat", "a conversation with the default model"},
            {"sextant chat \"What is the capital of France?\"", "one question"},
            {"sextant chat --system \"Answer in one word.\" \"Colour of grass?\" --json",
             "with a system message, as JSON"}};
  }

  void declare(CLI::App& app) override {
    app.add_option("messages", questions_, "Messages to answer");
    app.add_option("--system", system_, "System message");
    app.add_option("--chat-template", template_,
                   "Chat template by name, where the model's own is not known");
    model_.declare(app);
    text_.declare(app, 512);
  }

  Result<void> run(Session& session) override {
    if (!template_.empty()) {
      SEXTANT_TRY_VOID(check_template_name());
    }
    SEXTANT_TRY(const auto model, model_.load(session));
    SEXTANT_TRY(auto form, choose_template(model));
    SEXTANT_TRY_VOID(model.decoder.check_length(text_.context));
    Conversation conversation(model, std::move(form), text_, model_.chosen_precision());
    if (!system_.empty()) {
      conversation.add("system", system_);
    }
    return questions_.empty() ? converse(session, conversation)
                              : answer_all(session, conversation, model.name);
  }

 private:
  Result<void> check_template_name() const {
    SEXTANT_TRY([[maybe_unused]] const auto form, text::chat_template_named(template_));
    return {};
  }

  Result<text::ChatTemplate> choose_template(const lm::LanguageModel& model) const {
    if (template_.empty() && model.chat_template.empty()) {
      return fail_with_hint(
          ErrorCode::kUnsupported,
          format("[cli] chat: {} has no chat template: it continues texts and was not trained to "
                 "answer",
                 model.name),
          "use `sextant generate`, or choose one with --chat-template NAME");
    }
    SEXTANT_TRY(auto form, template_.empty() ? text::chat_template_for(model.chat_template)
                                             : text::chat_template_named(template_));
    const auto piece = [&](std::optional<int32_t> id) {
      return id ? model.tokenizer.piece(*id) : std::string_view();
    };
    form.set_special_tokens(piece(model.tokenizer.bos()), piece(model.tokenizer.eos()));
    return form;
  }

  // The answer on standard output as it comes, remarks on standard error.
  Result<lm::GenerateResult> answer(Session& session, Conversation& conversation,
                                    std::string question) const {
    const auto show = [&](std::string_view piece) {
      if (!text_.json) {
        session.out().write(piece);
        session.out().flush();
      }
    };
    SEXTANT_TRY(auto result,
                conversation.ask(std::move(question), show, session.context(text_.sampling.seed)));
    if (!text_.json) {
      session.out().write("\n");
      session.out().flush();
      log(LogLevel::kDebug, "{}", timing_text(result));
    }
    const std::string ending = ending_text(result, conversation.context_length());
    if (result.reason == lm::StopReason::kCancelled) {
      return fail(ErrorCode::kCancelled, "[cli] {}", ending);
    }
    if (!ending.empty()) {
      log(LogLevel::kInfo, "{}", ending);
    }
    return result;
  }

  Result<void> answer_all(Session& session, Conversation& conversation,
                          const std::string& model_name) const {
    OrderedJson answers = OrderedJson::array();
    for (const std::string& question : questions_) {
      SEXTANT_TRY(const auto result, answer(session, conversation, question));
      OrderedJson entry = {{"message", question}};
      entry.update(result_json(result));
      answers.push_back(std::move(entry));
    }
    if (text_.json) {
      print_json(session.out(), {{"model", model_name}, {"answers", std::move(answers)}});
    }
    return {};
  }

  Result<void> converse(Session& session, Conversation& conversation) const {
    const bool terminal = isatty(STDIN_FILENO) != 0;
    const Context context = session.context();
    std::string line;
    for (;;) {
      if (terminal) {
        std::cerr << "> " << std::flush;
      }
      if (context.cancelled() || !std::getline(std::cin, line) || line == "/exit") {
        return {};
      }
      if (line == "/reset") {
        conversation.reset();
        continue;
      }
      if (line.find_first_not_of(" \t\r") == std::string::npos) {
        continue;
      }
      const auto result = answer(session, conversation, line);
      if (result && text_.json) {
        OrderedJson entry = {{"message", line}};
        entry.update(result_json(*result));
        print_json_line(session.out(), entry);
        session.out().flush();
      }
      // At a terminal a question that is too long is no reason to end the conversation.
      if (!result && (!terminal || result.error().code == ErrorCode::kCancelled)) {
        return Failure(result.error());
      }
      if (!result) {
        log_error(result.error());
      }
    }
  }

  std::vector<std::string> questions_;
  std::string system_;
  std::string template_;
  ModelOptions model_;
  TextOptions text_;
};

}  // namespace

std::unique_ptr<Verb> make_chat() { return std::make_unique<Chat>(); }

}  // namespace sextant::cli
