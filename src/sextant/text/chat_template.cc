#include "sextant/text/chat_template.h"

#include "sextant/base/utf8.h"

namespace sextant::text {
namespace {

// What Python's str.strip() takes away, and so Jinja's trim.
bool is_python_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

std::string_view strip(std::string_view text) {
  size_t begin = 0;
  while (begin < text.size()) {
    const CodePoint point = decode_utf8(text, begin);
    if (!is_python_space(point.value)) {
      break;
    }
    begin += point.length;
  }
  size_t end = begin;
  for (size_t i = begin; i < text.size();) {
    const CodePoint point = decode_utf8(text, i);
    i += point.length;
    if (!is_python_space(point.value)) {
      end = i;
    }
  }
  return text.substr(begin, end - begin);
}

bool is_system(const ChatMessage& message) { return message.role == "system"; }

Result<void> check_roles(std::span<const ChatMessage> messages, std::string_view name) {
  if (messages.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "[text/chat_template] {}: expected at least one message, found none", name);
  }
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string& role = messages[i].role;
    if (role != "system" && role != "user" && role != "assistant") {
      return fail(ErrorCode::kInvalidArgument,
                  "[text/chat_template] {}: expected role system, user or assistant, found \"{}\" "
                  "in message {}",
                  name, std::string_view(role).substr(0, 80), i);
    }
  }
  return {};
}

// User and assistant take turns, the user first, behind `skipped` system messages.
Result<void> check_turns(std::span<const ChatMessage> messages, std::string_view name,
                         size_t skipped) {
  for (size_t i = skipped; i < messages.size(); ++i) {
    const std::string_view expected = (i - skipped) % 2 == 0 ? "user" : "assistant";
    if (messages[i].role != expected) {
      return fail(ErrorCode::kInvalidArgument,
                  "[text/chat_template] {}: expected {} in message {} (user and assistant take "
                  "turns), found {}",
                  name, expected, i, messages[i].role);
    }
  }
  return {};
}

// A prompt as it grows: the form's own text, and what messages say.
struct PromptBuilder {
  ChatPrompt prompt;

  PromptBuilder& form(std::string_view text) {
    prompt.text += text;
    return *this;
  }
  PromptBuilder& content(std::string_view text) {
    if (!text.empty()) {
      prompt.contents.push_back({prompt.text.size(), prompt.text.size() + text.size()});
    }
    prompt.text += text;
    return *this;
  }
};

struct Renderer {
  std::span<const ChatMessage> messages;
  std::string_view name;
  bool add_generation_prompt;

  Result<ChatPrompt> operator()(const ChatMlForm& form) const {
    PromptBuilder out;
    const auto add = [&](std::string_view role, std::string_view content) {
      out.form("<|im_start|>").form(role).form("\n").content(content).form("<|im_end|>\n");
    };
    if (form.default_system && !is_system(messages[0])) {
      add("system", *form.default_system);
    }
    for (const ChatMessage& message : messages) {
      add(message.role, message.content);
    }
    if (add_generation_prompt) {
      out.form("<|im_start|>assistant\n");
    }
    return out.prompt;
  }

  Result<ChatPrompt> operator()(const Llama2Form& form) const {
    const size_t skipped = is_system(messages[0]) ? 1 : 0;
    SEXTANT_TRY_VOID(check_turns(messages, name, skipped));
    PromptBuilder out;
    for (size_t i = skipped; i < messages.size(); ++i) {
      std::string content = messages[i].content;
      if (skipped == 1 && i == 1) {
        content = "<<SYS>>\n" + messages[0].content + "\n<</SYS>>\n\n" + content;
      }
      if (messages[i].role == "user") {
        out.form(form.bos).form("[INST] ").content(strip(content)).form(" [/INST]");
      } else {
        out.form(" ").content(strip(content)).form(" ").form(form.eos);
      }
    }
    return out.prompt;
  }

  Result<ChatPrompt> operator()(const Llama3Form& form) const {
    PromptBuilder out;
    out.form(form.bos);
    const auto add = [&](std::string_view role, std::string_view before, std::string_view content) {
      out.form("<|start_header_id|>").form(role).form("<|end_header_id|>\n\n").form(before);
      out.content(strip(content)).form("<|eot_id|>");
    };
    size_t first = 0;
    if (!form.date.empty()) {
      first = is_system(messages[0]) ? 1 : 0;
      add("system", "Cutting Knowledge Date: December 2023\nToday Date: " + form.date + "\n\n",
          first == 1 ? std::string_view(messages[0].content) : std::string_view());
    }
    for (const ChatMessage& message : messages.subspan(first)) {
      add(message.role, "", message.content);
    }
    if (add_generation_prompt || form.always_prompt) {
      out.form("<|start_header_id|>assistant<|end_header_id|>\n\n");
    }
    return out.prompt;
  }

  Result<ChatPrompt> operator()(const MistralForm& form) const {
    const bool has_system = form.system != MistralForm::System::kNone && is_system(messages[0]);
    const size_t skipped = has_system ? 1 : 0;
    SEXTANT_TRY_VOID(check_turns(messages, name, skipped));
    const size_t carrier =
        form.system == MistralForm::System::kFirst ? skipped : messages.size() - 1;
    PromptBuilder out;
    out.form(form.bos);
    for (size_t i = skipped; i < messages.size(); ++i) {
      const std::string& content = messages[i].content;
      if (messages[i].role == "user") {
        out.form(form.user_begin);
        if (has_system && i == carrier) {
          out.content(messages[0].content).form("\n\n");
        }
        out.content(content).form(form.user_end);
      } else {
        out.form(form.answer_begin);
        out.content(form.trim_answer ? strip(content) : std::string_view(content));
        out.form(form.eos).form(form.answer_end);
      }
    }
    return out.prompt;
  }
};

}  // namespace

Result<ChatPrompt> ChatTemplate::render(std::span<const ChatMessage> messages,
                                        bool add_generation_prompt) const {
  SEXTANT_TRY_VOID(check_roles(messages, name_));
  return std::visit(Renderer{messages, name_, add_generation_prompt}, form_);
}

std::vector<std::string> ChatTemplate::stop_strings() const {
  struct Stops {
    std::vector<std::string> operator()(const ChatMlForm&) const { return {"<|im_end|>"}; }
    std::vector<std::string> operator()(const Llama2Form& form) const { return {form.eos}; }
    std::vector<std::string> operator()(const Llama3Form&) const {
      return {"<|eot_id|>", "<|end_of_text|>"};
    }
    std::vector<std::string> operator()(const MistralForm& form) const { return {form.eos}; }
  };
  return std::visit(Stops{}, form_);
}

void ChatTemplate::set_special_tokens(std::string_view bos, std::string_view eos) {
  const auto set = [&](auto& form) {
    if constexpr (requires { form.bos; }) {
      form.bos = bos;
    }
    if constexpr (requires { form.eos; }) {
      form.eos = eos;
    }
  };
  std::visit(set, form_);
}

void ChatTemplate::set_date(std::string_view date) {
  if (auto* form = std::get_if<Llama3Form>(&form_); form != nullptr && !form->date.empty()) {
    form->date = date;
  }
}

}  // namespace sextant::text
