#include "sextant/text/chat_template.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "sextant/base/json.h"
#include "support/test_data.h"

namespace sextant::text {
namespace {

std::vector<Json> read_lines(std::string_view name) {
  std::istringstream lines(
      test_data::read(test_data::repository("tests/parity/chat_templates/" + std::string(name))));
  std::vector<Json> out;
  for (std::string line; std::getline(lines, line);) {
    out.push_back(Json::parse(line));
  }
  return out;
}

std::map<std::string, Json> templates() {
  std::map<std::string, Json> out;
  for (Json& line : read_lines("templates.jsonl")) {
    out[line["name"]] = line;
  }
  return out;
}

std::vector<std::vector<ChatMessage>> conversations() {
  std::vector<std::vector<ChatMessage>> out;
  for (const Json& line : read_lines("conversations.jsonl")) {
    auto& messages = out.emplace_back();
    for (const Json& message : line) {
      messages.push_back({message[0], message[1]});
    }
  }
  return out;
}

std::string render(std::string_view name, const std::vector<ChatMessage>& messages) {
  return value_or_throw(value_or_throw(chat_template_named(name)).render(messages, true)).text;
}

// goldens.jsonl is what transformers prints for each template text.
TEST(ChatTemplate, RendersWhatJinjaPrints) {
  const auto known = templates();
  const auto messages = conversations();
  int cases = 0;
  for (const Json& golden : read_lines("goldens.jsonl")) {
    const Json& entry = known.at(golden[0]);
    auto chat = chat_template_for(entry["text"].get<std::string>());
    ASSERT_TRUE(chat) << golden[0];
    EXPECT_EQ(chat->name(), entry["form"].get<std::string>()) << golden[0];
    if (entry.contains("date")) {
      chat->set_date(entry["date"].get<std::string>());
    }
    const auto prompt = chat->render(messages.at(golden[1]), golden[2]);
    if (golden[3].is_null()) {
      EXPECT_FALSE(prompt) << golden;
    } else {
      ASSERT_TRUE(prompt) << golden << prompt.error().message;
      EXPECT_EQ(prompt->text, golden[3].get<std::string>()) << golden[0];
    }
    ++cases;
  }
  EXPECT_GE(cases, 800);
}

// A form chosen by name prints what the model's own template does.
TEST(ChatTemplate, NamedFormsEqualTheirTemplates) {
  const auto messages = conversations();
  const auto known = templates();
  for (const std::string_view name : chat_template_names()) {
    const auto named = value_or_throw(chat_template_named(name));
    std::string text_of = std::string(name);
    if (!known.contains(text_of)) {
      text_of += ", tool text shortened";
    }
    const auto read =
        value_or_throw(chat_template_for(known.at(text_of)["text"].get<std::string>()));
    EXPECT_EQ(read.name(), name);
    EXPECT_EQ(read.stop_strings(), named.stop_strings());
    for (const auto& conversation : messages) {
      const auto expected = read.render(conversation, true);
      const auto found = named.render(conversation, true);
      ASSERT_EQ(expected.has_value(), found.has_value()) << name;
      if (expected) {
        EXPECT_EQ(found->text, expected->text) << name;
      }
    }
  }
}

TEST(ChatTemplate, TellsWhatEndsATurn) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(value_or_throw(chat_template_named("smollm2")).stop_strings(), Strings{"<|im_end|>"});
  EXPECT_EQ(value_or_throw(chat_template_named("llama-2")).stop_strings(), Strings{"</s>"});
  EXPECT_EQ(value_or_throw(chat_template_named("llama-3")).stop_strings(),
            (Strings{"<|eot_id|>", "<|end_of_text|>"}));
  EXPECT_EQ(value_or_throw(chat_template_named("mistral-v0.3")).stop_strings(), Strings{"</s>"});
}

TEST(ChatTemplate, TakesTheModelsOwnSpecialTokens) {
  auto chat = value_or_throw(chat_template_named("mistral-v0.1"));
  chat.set_special_tokens("<B>", "<E>");
  const std::vector<ChatMessage> messages = {{"user", "a"}, {"assistant", "b"}, {"user", "c"}};
  EXPECT_EQ(value_or_throw(chat.render(messages, true)).text,
            "<B>[INST] a [/INST]b<E> [INST] c [/INST]");
  EXPECT_EQ(chat.stop_strings(), std::vector<std::string>{"<E>"});
  auto chatml = value_or_throw(chat_template_named("chatml"));
  chatml.set_special_tokens("<B>", "<E>");
  chatml.set_date("1 Jan 2000");
  EXPECT_EQ(value_or_throw(chatml.render(std::vector<ChatMessage>{{"user", "a"}}, false)).text,
            "<|im_start|>user\na<|im_end|>\n");
}

TEST(ChatTemplate, StatesTheDateOnlyWhereTheFormHasOne) {
  const std::vector<ChatMessage> messages = {{"user", "a"}};
  auto dated = value_or_throw(chat_template_named("llama-3.1"));
  dated.set_date("09 Nov 2025");
  EXPECT_NE(value_or_throw(dated.render(messages, true)).text.find("Today Date: 09 Nov 2025\n\n"),
            std::string::npos);
  auto undated = value_or_throw(chat_template_named("llama-3"));
  undated.set_date("09 Nov 2025");
  EXPECT_EQ(value_or_throw(undated.render(messages, true)).text, render("llama-3", messages));
}

TEST(ChatTemplate, TellsWhereTheMessagesStand) {
  const std::vector<ChatMessage> messages = {
      {"system", " S "}, {"user", "<s>a"}, {"assistant", "b</s>"}, {"user", ""}};
  for (const std::string_view name : chat_template_names()) {
    const auto prompt = value_or_throw(chat_template_named(name)).render(messages, true);
    if (!prompt) {
      continue;  // a form without system messages
    }
    std::string contents;
    size_t behind = 0;
    for (const TextRange& range : prompt->contents) {
      EXPECT_GE(range.begin, behind) << name;
      EXPECT_LE(range.begin, range.end) << name;
      contents += prompt->text.substr(range.begin, range.end - range.begin) + "|";
      behind = range.end;
    }
    EXPECT_LE(behind, prompt->text.size()) << name;
    for (const char* said : {"S", "<s>a|", "b</s>|"}) {
      EXPECT_NE(contents.find(said), contents.npos) << name << ": " << contents;
    }
  }
}

TEST(ChatTemplate, RefusesWhatAFormDoesNotHave) {
  const auto smol = value_or_throw(chat_template_named("smollm2"));
  EXPECT_EQ(smol.render({}, true).error().message,
            "[text/chat_template] smollm2: expected at least one message, found none");
  EXPECT_EQ(
      smol.render(std::vector<ChatMessage>{{"user", "a"}, {"tool", "b"}}, true).error().message,
      "[text/chat_template] smollm2: expected role system, user or assistant, found \"tool\" "
      "in message 1");
  const auto mistral = value_or_throw(chat_template_named("mistral-v0.1"));
  const auto refused =
      mistral.render(std::vector<ChatMessage>{{"system", "a"}, {"user", "b"}}, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().message,
            "[text/chat_template] mistral-v0.1: expected user in message 0 (user and assistant "
            "take turns), found system");
}

TEST(ChatTemplate, UnknownTemplateSaysHowToChooseOne) {
  const auto unknown = chat_template_for("{{ messages[0].content }} and more");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(unknown.error().message,
            "[text/chat_template] template: expected the text of one of chatml, smollm2, qwen2, "
            "qwen2.5, llama-2, llama-3, llama-3.1, mistral-v0.1, mistral-v0.2, mistral-v0.3, "
            "mistral-nemo, found another (\"{{ messages[0].content }} and more\")");
  EXPECT_EQ(unknown.error().hint, "choose the form yourself with --chat-template NAME");
  const auto name = chat_template_named("vicuna");
  ASSERT_FALSE(name);
  EXPECT_NE(name.error().message.find("expected one of chatml, "), std::string::npos);
  EXPECT_NE(name.error().message.find("found \"vicuna\""), std::string::npos);
}

// A template that is nearly known but prints something else must not pass for the known one.
TEST(ChatTemplate, NearMissesAreUnknown) {
  const auto known = templates();
  const auto changed = [&](const std::string& name, std::string_view from, std::string_view to) {
    std::string text = known.at(name)["text"];
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    return chat_template_for(text.replace(at, from.size(), to)).has_value();
  };
  EXPECT_TRUE(changed("smollm2", "named SmolLM", "named Bob"));
  EXPECT_FALSE(changed("smollm2", "message['content'] +", "message['content'] | trim +"));
  EXPECT_FALSE(changed("smollm2", "!= 'system'", "!= 'user'"));
  EXPECT_FALSE(changed("chatml", "assistant\\n", "assistant\\n<think>\\n"));
  EXPECT_FALSE(changed("chatml", "{% for", "x{% for"));
  EXPECT_FALSE(changed("llama-2", "' [/INST]'", "'[/INST]'"));
  EXPECT_FALSE(changed("llama-3", "| trim", ""));
  EXPECT_FALSE(changed("mistral-v0.1", "+ eos_token", ""));
  EXPECT_FALSE(changed("mistral-v0.1", "{% endfor %}", "{% endfor %}{{ 'Answer:' }}"));
  EXPECT_FALSE(changed("mistral-v0.2 with a system message", "+ '\\n\\n' +", "+ '\\n' +"));
  EXPECT_FALSE(changed("mistral-v0.2 with a system message", "loop.first and", "loop.index0 and"));
}

}  // namespace
}  // namespace sextant::text
