// Chat templates: a list of messages to the one text that an instruction model was trained on.
//
// A model names its form by a Jinja template in its files. Known forms are recognised from that
// text and rendered by own code, to the same characters as Jinja gives; no template is ever run.
// A template that is not known is an error; the user then chooses a form by name. Objects are
// values; const functions may be called from several threads.
//
//   SEXTANT_TRY(auto chat, text::chat_template_for(gguf.text("tokenizer.chat_template")));
//   SEXTANT_TRY(auto prompt, chat.render(messages, true));
//   auto ids = tokenizer.encode(prompt.text, {.parse_special = true, .plain = prompt.contents});
//
// The text holds the begin token where the form has one: encode it without adding another. What the
// messages say stays text: "<|im_end|>" typed by a user ends nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/text/tokenizer.h"

namespace sextant::text {

struct ChatMessage {
  std::string role;  // "system", "user" or "assistant"
  std::string content;
};

// "<|im_start|>role\ncontent<|im_end|>\n" for each message.
struct ChatMlForm {
  std::optional<std::string> default_system;  // printed first where the list has no system message
};

// "<s>[INST] <<SYS>>\n...\n<</SYS>>\n\ncontent [/INST] answer </s>"
struct Llama2Form {
  std::string bos = "<s>";
  std::string eos = "</s>";
};

// "<|start_header_id|>role<|end_header_id|>\n\ncontent<|eot_id|>"
struct Llama3Form {
  std::string bos = "<|begin_of_text|>";
  std::string date = {};       // 3.1 and later: stands in a system block that is always there
  bool always_prompt = false;  // the first release printed the assistant's header in any case
};

// "<s>[INST] content [/INST]answer</s>", with the spaces of each release.
struct MistralForm {
  enum class System { kNone, kFirst, kLast };  // refused; before the first or last user message

  std::string bos = "<s>";
  std::string eos = "</s>";
  std::string user_begin = {};
  std::string user_end = {};
  std::string answer_begin = {};
  std::string answer_end = {};  // behind the end token
  bool trim_answer = false;
  System system = System::kNone;
};

// What a model is given to continue.
struct ChatPrompt {
  std::string text;
  std::vector<TextRange> contents;  // where the messages' own words stand, in order
};

class ChatTemplate {
 public:
  using Form = std::variant<ChatMlForm, Llama2Form, Llama3Form, MistralForm>;

  ChatTemplate(std::string name, Form form) : name_(std::move(name)), form_(std::move(form)) {}

  const std::string& name() const { return name_; }

  // The prompt. add_generation_prompt ends it where the assistant's answer begins (Llama 2 and
  // Mistral have no such mark). Errors: kInvalidArgument for an empty list, a role other than
  // the three, or an order of roles that the form does not have.
  Result<ChatPrompt> render(std::span<const ChatMessage> messages,
                            bool add_generation_prompt) const;

  // Tokens, as text, that end the assistant's turn; the model's own end token ends it as well.
  std::vector<std::string> stop_strings() const;

  // The model's own begin and end tokens, where they differ from the family's usual ones.
  void set_special_tokens(std::string_view bos, std::string_view eos);

  // "26 Jul 2024": the day that Llama 3.1 and later are told; no effect on other forms.
  void set_date(std::string_view date);

 private:
  std::string name_;
  Form form_;
};

// Every name that chat_template_named takes.
std::vector<std::string_view> chat_template_names();

// Errors: kInvalidArgument, with the list of names.
Result<ChatTemplate> chat_template_named(std::string_view name);

// The form whose Jinja text this is. Errors: kUnsupported for a text that is none of them (the
// message lists the names, the hint says how to choose one), kDataLoss for broken Jinja.
Result<ChatTemplate> chat_template_for(std::string_view jinja_text);

}  // namespace sextant::text
