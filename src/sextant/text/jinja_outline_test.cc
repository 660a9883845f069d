#include "sextant/text/jinja_outline.h"

#include <gtest/gtest.h>

namespace sextant::text {
namespace {

std::string outline(std::string_view text) {
  std::string out;
  for (const JinjaPart& part : value_or_throw(jinja_outline(text))) {
    out += to_string(part) + "\n";
  }
  return out;
}

TEST(JinjaOutline, IgnoresHowATemplateIsSpelled) {
  const std::string expected = "%for m in messages\n=\"<\"+m.role+\">\\n\"+m.content\n%endfor\n";
  EXPECT_EQ(
      outline("{% for m in messages %}{{'<' + m['role'] + '>\\n' + m['content']}}{% endfor %}"),
      expected);
  EXPECT_EQ(outline("{%- for  m in messages -%}\n  {# what #}\n  {{- \"<\" + m.role }}{{ '>' }}"
                    "{{ '\\n' -}}  {{ m[ \"content\" ] }}\n{%- endfor %}\n"),
            expected);
}

// Checked against Jinja with trim_blocks and lstrip_blocks on.
TEST(JinjaOutline, TreatsTextAsJinjaDoes) {
  EXPECT_EQ(outline("a\n  {% if x %}\nb\n  {% endif %}\nc\n"),
            "=\"a\\n\"\n%if x\n=\"b\\n\"\n%endif\n=\"c\"\n");
  EXPECT_EQ(outline("a {% if x %} b {% endif %} c"), "=\"a \"\n%if x\n=\" b \"\n%endif\n=\" c\"\n");
  EXPECT_EQ(outline("  {%+ if x +%}\nb"), "=\"  \"\n%if x\n=\"\\nb\"\n");
  EXPECT_EQ(outline("{{ x }}\n{{- y -}}\n z"), "=x+y+\"z\"\n");
  EXPECT_EQ(outline("a\n{# c #}\nb"), "=\"a\\nb\"\n");
}

TEST(JinjaOutline, KeepsOperatorsAndEscapes) {
  EXPECT_EQ(outline("{% if not a is defined or (b|length != 9 and c[1:] == 'x') %}"),
            "%if not a is defined or(b|length!=9 and c[1:]==\"x\")\n");
  EXPECT_EQ(outline(R"({{ 'it\'s \u00e9 \\ "q" }}' + f(a + 'b') }})"),
            "=\"it's \u00E9 \\\\ \\\"q\\\" }}\"+f(a+\"b\")\n");
}

TEST(JinjaOutline, RejectsTagsThatDoNotEnd) {
  const auto open = jinja_outline("ab{{ x ");
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().message,
            "[text/chat_template] tag at byte 2: expected \"}}\", found the end of the text");
  EXPECT_FALSE(jinja_outline("{% if 'a %}"));
  EXPECT_FALSE(jinja_outline("{# a"));
  const auto large = jinja_outline(std::string((1 << 20) + 1, 'a'));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kOutOfRange);
}

// No input may crash: every cut of a template, and bytes of each kind.
TEST(JinjaOutline, TakesAnyBytes) {
  const std::string text = "{% if a['b'] %}x{{ '\\u00e9' + \"\\\"\" -}} {#- c #}{%- endif +%}\n";
  for (size_t length = 0; length <= text.size(); ++length) {
    static_cast<void>(jinja_outline(std::string_view(text).substr(0, length)));
    static_cast<void>(jinja_outline(std::string_view(text).substr(length)));
  }
  EXPECT_EQ(outline("{{ '\\u' }}{{ '\\' }}' }}"), "=\"u' }}\"\n");
  EXPECT_EQ(outline("{{}}{%%}{##}"), "=\n% \n");
}

}  // namespace
}  // namespace sextant::text
