// Which chat template a Jinja text is, by its outline (jinja_outline.h). Short templates must
// match a known program whole; those with branches for tools must hold the parts that decide
// what plain messages look like.
#include <algorithm>
#include <ctime>

#include "sextant/text/chat_template.h"
#include "sextant/text/jinja_outline.h"

namespace sextant::text {
namespace {

constexpr std::string_view kSystemBegin = "<|im_start|>system\n";
constexpr std::string_view kMessageEnd = "<|im_end|>\n";
constexpr std::string_view kSmolSystem =
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face";
constexpr std::string_view kQwen2System = "You are a helpful assistant.";
constexpr std::string_view kQwen25System =
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";
// The day that Llama 3.1's template states where nobody gives another.
constexpr std::string_view kLlama31Date = "26 Jul 2024";

// Outlines, one part a line. DEFAULT stands for the default system message.
constexpr std::string_view kChatMl = R"(%for message in messages
="<|im_start|>"+message.role+"\n"+message.content+"<|im_end|>\n"
%endfor
%if add_generation_prompt
="<|im_start|>assistant\n"
%endif
)";
constexpr std::string_view kChatMlWithDefault = R"(%for message in messages
%if loop.first and messages[0].role!="system"
="<|im_start|>system\nDEFAULT<|im_end|>\n"
%endif
="<|im_start|>"+message.role+"\n"+message.content+"<|im_end|>\n"
%endfor
%if add_generation_prompt
="<|im_start|>assistant\n"
%endif
)";
constexpr std::string_view kQwen25Parts[] = {
    "%if messages[0].role==\"system\"\n"
    "=\"<|im_start|>system\\n\"+messages[0].content+\"<|im_end|>\\n\"\n"
    "%else\n"
    "=\"<|im_start|>system\\nDEFAULT<|im_end|>\\n\"\n"
    "%endif\n%endif\n%for message in messages\n"
    "%if(message.role==\"user\")or(message.role==\"system\" and not loop.first)or"
    "(message.role==\"assistant\" and not message.tool_calls)\n"
    "=\"<|im_start|>\"+message.role+\"\\n\"+message.content+\"<|im_end|>\\n\"\n",
    "%endfor\n%if add_generation_prompt\n=\"<|im_start|>assistant\\n\"\n%endif\n"};

constexpr std::string_view kLlama2Begin = R"(%if messages[0].role=="system"
%set loop_messages=messages[1:]
%set system_message=messages[0].content
)";
// An older text carries a default system message behind a switch that is off.
constexpr std::string_view kLlama2Off =
    "%elif false==true and not \"<<SYS>>\" in messages[0].content\n"
    "%set loop_messages=messages\n%set system_message=";
constexpr std::string_view kLlama2Middle = R"(%else
%set loop_messages=messages
%set system_message=false
%endif
%for message in loop_messages
%if(message.role=="user")!=(loop.index0%2==0)
=raise_exception("Conversation roles must alternate user/assistant/user/assistant/...")
%endif
%if loop.index0==0 and system_message!=false
%set content="<<SYS>>\n"+system_message+"\n<</SYS>>\n\n"+message.content
%else
%set content=message.content
%endif
%if message.role=="user"
=bos_token+"[INST] "+content.strip()+" [/INST]"
)";
constexpr std::string_view kLlama2System = R"(%elif message.role=="system"
="<<SYS>>\n"+content.strip()+"\n<</SYS>>\n\n"
)";
constexpr std::string_view kLlama2End = R"(%elif message.role=="assistant"
=" "+content.strip()+" "+eos_token
%endif
%endfor
)";

constexpr std::string_view kLlama3 = R"(%set loop_messages=messages
%for message in loop_messages
%set content="<|start_header_id|>"+message.role+"<|end_header_id|>\n\n"+message.content|trim+"<|eot_id|>"
%if loop.index0==0
%set content=bos_token+content
%endif
=content
%endfor
)";
constexpr std::string_view kLlama3Prompt =
    "=\"<|start_header_id|>assistant<|end_header_id|>\\n\\n\"\n";
constexpr std::string_view kLlama31Parts[] = {
    "=bos_token\n",
    "%if messages[0].role==\"system\"\n"
    "%set system_message=messages[0].content|trim\n%set messages=messages[1:]\n"
    "%else\n%set system_message=\"\"\n%endif\n"
    "=\"<|start_header_id|>system<|end_header_id|>\\n\\n\"\n",
    "=\"Cutting Knowledge Date: December 2023\\nToday Date: \"+date_string+\"\\n\\n\"\n",
    "=system_message+\"<|eot_id|>\"\n",
    "=\"<|start_header_id|>\"+message.role+\"<|end_header_id|>\\n\\n\"+message.content|trim+"
    "\"<|eot_id|>\"\n",
    "%endfor\n%if add_generation_prompt\n"
    "=\"<|start_header_id|>assistant<|end_header_id|>\\n\\n\"\n%endif\n"};

struct Outline {
  std::vector<JinjaPart> parts;
  std::string program;  // one line a part
  std::optional<std::string> default_system;
};

bool contains_all(std::string_view program, std::span<const std::string_view> parts) {
  return std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return program.find(part) != std::string_view::npos;
  });
}

Result<Outline> read_outline(std::string_view jinja_text) {
  Outline outline;
  SEXTANT_TRY(outline.parts, jinja_outline(jinja_text));
  for (JinjaPart part : outline.parts) {
    if (part.terms.size() == 1 && part.terms[0].literal) {
      std::string& literal = part.terms[0].text;
      if (literal.starts_with(kSystemBegin) && literal.ends_with(kMessageEnd) &&
          literal.size() >= kSystemBegin.size() + kMessageEnd.size()) {
        outline.default_system = literal.substr(
            kSystemBegin.size(), literal.size() - kSystemBegin.size() - kMessageEnd.size());
        literal = std::string(kSystemBegin).append("DEFAULT").append(kMessageEnd);
      }
    }
    outline.program += to_string(part) + "\n";
  }
  constexpr std::string_view kPrelude =
      "%if not add_generation_prompt is defined\n%set add_generation_prompt=false\n%endif\n";
  if (outline.program.starts_with(kPrelude)) {
    outline.program.erase(0, kPrelude.size());
  }
  return outline;
}

std::string chatml_name(const std::optional<std::string>& system) {
  return system == kSmolSystem     ? "smollm2"
         : system == kQwen2System  ? "qwen2"
         : system == kQwen25System ? "qwen2.5"
                                   : "chatml";
}

std::optional<ChatTemplate> match_chatml(const Outline& outline) {
  const bool known = outline.program == kChatMl || outline.program == kChatMlWithDefault ||
                     contains_all(outline.program, kQwen25Parts);
  if (!known) {
    return std::nullopt;
  }
  return ChatTemplate(chatml_name(outline.default_system), ChatMlForm{outline.default_system});
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<ChatTemplate> match_llama2(const Outline& outline) {
  std::string_view rest = outline.program;
  if (!take(rest, kLlama2Begin)) {
    return std::nullopt;
  }
  if (take(rest, kLlama2Off)) {
    const size_t line = rest.find('\n');
    rest.remove_prefix(line == std::string_view::npos ? rest.size() : line + 1);
  }
  if (!take(rest, kLlama2Middle)) {
    return std::nullopt;
  }
  take(rest, kLlama2System);  // its case cannot happen: the roles were checked before
  if (rest != kLlama2End) {
    return std::nullopt;
  }
  return ChatTemplate("llama-2", Llama2Form{});
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char buffer[32];
  return {buffer, std::strftime(buffer, sizeof(buffer), "%d %b %Y", &local)};
}

std::optional<ChatTemplate> match_llama3(const Outline& outline) {
  std::string_view rest = outline.program;
  if (take(rest, kLlama3)) {
    const bool always = rest == kLlama3Prompt;
    if (always || rest == "%if add_generation_prompt\n" + std::string(kLlama3Prompt) + "%endif\n") {
      return ChatTemplate("llama-3", Llama3Form{.always_prompt = always});
    }
  }
  if (contains_all(outline.program, kLlama31Parts)) {
    const bool asks_clock = outline.program.find("strftime_now(") != std::string::npos;
    return ChatTemplate("llama-3.1",
                        Llama3Form{.date = asks_clock ? today() : std::string(kLlama31Date)});
  }
  return std::nullopt;
}

// A printed part cut into literal, one or two expressions, literal.
struct Shape {
  std::string before;
  std::vector<std::string> expressions;
  std::string after;
};

std::optional<Shape> shape_of(const JinjaPart& part) {
  Shape shape;
  for (const JinjaTerm& term : part.terms) {
    if (!term.literal && shape.after.empty()) {
      shape.expressions.push_back(term.text);
    } else if (term.literal) {
      (shape.expressions.empty() ? shape.before : shape.after) = term.text;
    } else {
      return std::nullopt;
    }
  }
  return shape;
}

// Reads a user's or an assistant's turn into `form`; false where the part is neither.
bool add_mistral_part(const JinjaPart& part, MistralForm& form) {
  const std::optional<Shape> shape = shape_of(part);
  if (!shape || shape->expressions.empty()) {
    return false;
  }
  const std::string& content = shape->expressions[0];
  const bool trim = content == "message.content|trim";
  if (content != "message.content" && !trim) {
    return false;
  }
  if (shape->expressions.size() == 1) {
    form.user_begin = shape->before;
    form.user_end = shape->after;
    return !trim && (shape->before.ends_with("[INST]") || shape->before.ends_with("[INST] "));
  }
  form.answer_begin = shape->before;
  form.answer_end = shape->after;
  form.trim_answer = trim;
  return shape->expressions.size() == 2 && shape->expressions[1] == "eos_token";
}

std::string mistral_name(const MistralForm& form) {
  return form.user_begin == "[INST]"  ? "mistral-nemo"
         : form.user_end == "[/INST]" ? "mistral-v0.3"
         : form.answer_end == " "     ? "mistral-v0.1"
                                      : "mistral-v0.2";
}

// Where the system message goes, or nothing where the template puts it in a way not known here.
std::optional<MistralForm::System> mistral_system(std::string_view program,
                                                  const MistralForm& form) {
  using System = MistralForm::System;
  if (program.find("system_message") == std::string_view::npos) {
    return System::kNone;
  }
  const JinjaPart carrier{{},
                          {{true, form.user_begin},
                           {false, "system_message"},
                           {true, "\n\n"},
                           {false, "message.content"},
                           {true, form.user_end}}};
  for (const auto& [word, place] : {std::pair("first", System::kFirst), {"last", System::kLast}}) {
    const std::string expected = std::string("%if loop.") + word +
                                 " and system_message is defined\n" + to_string(carrier) + "\n";
    if (program.find(expected) != std::string_view::npos) {
      return place;
    }
  }
  return std::nullopt;
}

std::optional<ChatTemplate> match_mistral(const Outline& outline) {
  constexpr std::string_view kNeeded[] = {"=bos_token\n", "%2==0)\n=raise_exception(",
                                          "%if message.role==\"user\"\n",
                                          "%elif message.role==\"assistant\"\n"};
  if (!contains_all(outline.program, kNeeded)) {
    return std::nullopt;
  }
  const bool tools = outline.program.find("%for tool in tools\n") != std::string::npos;
  MistralForm form;
  int turns = 0;
  for (const JinjaPart& part : outline.parts) {
    const std::string text = to_string(part);
    if (!part.statement.empty() || text == "=bos_token" || text.starts_with("=raise_exception(") ||
        text.find("+system_message+") != std::string::npos) {
      continue;
    }
    MistralForm read = form;
    if (add_mistral_part(part, read)) {
      form = read;
      ++turns;
    } else if (!tools) {
      return std::nullopt;
    }
  }
  const auto system = mistral_system(outline.program, form);
  if (turns != 2 || form.user_begin.empty() || !system) {
    return std::nullopt;
  }
  form.system = *system;
  return ChatTemplate(mistral_name(form), form);
}

std::vector<ChatTemplate> named_templates() {
  using System = MistralForm::System;
  const auto mistral = [](const char* name, MistralForm form) {
    return ChatTemplate(name, std::move(form));
  };
  return {
      {"chatml", ChatMlForm{}},
      {"smollm2", ChatMlForm{std::string(kSmolSystem)}},
      {"qwen2", ChatMlForm{std::string(kQwen2System)}},
      {"qwen2.5", ChatMlForm{std::string(kQwen25System)}},
      {"llama-2", Llama2Form{}},
      {"llama-3", Llama3Form{}},
      {"llama-3.1", Llama3Form{.date = std::string(kLlama31Date)}},
      mistral("mistral-v0.1", {.user_begin = "[INST] ", .user_end = " [/INST]", .answer_end = " "}),
      mistral("mistral-v0.2", {.user_begin = "[INST] ", .user_end = " [/INST]"}),
      mistral("mistral-v0.3", {.user_begin = "[INST] ",
                               .user_end = "[/INST]",
                               .answer_begin = " ",
                               .trim_answer = true,
                               .system = System::kLast}),
      mistral("mistral-nemo",
              {.user_begin = "[INST]", .user_end = "[/INST]", .system = System::kLast}),
  };
}

std::string joined_names() {
  std::string out;
  for (const std::string_view name : chat_template_names()) {
    out.append(out.empty() ? "" : ", ").append(name);
  }
  return out;
}

}  // namespace

std::vector<std::string_view> chat_template_names() {
  return {"chatml",    "smollm2",      "qwen2",        "qwen2.5",      "llama-2",     "llama-3",
          "llama-3.1", "mistral-v0.1", "mistral-v0.2", "mistral-v0.3", "mistral-nemo"};
}

Result<ChatTemplate> chat_template_named(std::string_view name) {
  for (ChatTemplate& known : named_templates()) {
    if (known.name() == name) {
      return std::move(known);
    }
  }
  return fail(ErrorCode::kInvalidArgument,
              "[text/chat_template] name: expected one of {}, found \"{}\"", joined_names(),
              name.substr(0, 80));
}

Result<ChatTemplate> chat_template_for(std::string_view jinja_text) {
  SEXTANT_TRY(const Outline outline, read_outline(jinja_text));
  for (const auto match : {match_chatml, match_llama2, match_llama3, match_mistral}) {
    if (std::optional<ChatTemplate> found = match(outline)) {
      return std::move(*found);
    }
  }
  return fail_with_hint(
      ErrorCode::kUnsupported,
      format(
          "[text/chat_template] template: expected the text of one of {}, found another (\"{}\")",
          joined_names(), jinja_text.substr(0, 60)),
      "choose the form yourself with --chat-template NAME");
}

}  // namespace sextant::text
