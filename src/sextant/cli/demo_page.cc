#include "sextant/cli/demo_page.h"

#include <algorithm>

#include "sextant/base/format.h"

namespace sextant::cli {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --line: #8884; --bar: #3b82c4; --soft: #8881; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
nav a { margin-right: 1rem; } .machine, .remark { opacity: .75; }
.turn { margin: .6rem 0; padding: .6rem .9rem; border-radius: .6rem; background: var(--soft);
  white-space: pre-wrap; }
.turn.user { margin-left: 20%; } .turn.model { margin-right: 10%; }
.tokens { line-height: 2.1; white-space: pre-wrap; }
.tokens span { border-radius: .25rem; padding: .15rem 0; color: #111; }
.bar { display: grid; grid-template-columns: 15rem 1fr 12rem; gap: .8rem; align-items: center;
  margin: .3rem 0; }
.bar div { background: var(--soft); border-radius: .3rem; }
.bar div i { display: block; height: 1.1rem; border-radius: .3rem; background: var(--bar); }
table { border-collapse: collapse; } td, th { border-bottom: 1px solid var(--line);
  padding: .3rem .9rem; text-align: right; } td:first-child, th:first-child { text-align: left; }
code { background: var(--soft); padding: .1rem .3rem; border-radius: .3rem; }
)";

std::string table_row(const std::vector<std::string>& cells, std::string_view tag) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) {
    row += format("<{}>{}</{}>", tag, html_escape(cell), tag);
  }
  return row + "</tr>\n";
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string html_bar(std::string_view label, double share, std::string_view value) {
  return format(
      "<div class=\"bar\"><span>{}</span><div><i style=\"width:{:.1f}%\"></i></div>"
      "<span>{}</span></div>\n",
      html_escape(label), 100 * std::clamp(share, 0.0, 1.0), html_escape(value));
}

std::string html_table(const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows) {
  std::string table = "<table>\n" + table_row(head, "th");
  for (const auto& row : rows) {
    table += table_row(row, "td");
  }
  return table + "</table>\n";
}

std::string demo_page(const std::vector<DemoSection>& sections, std::string_view machine) {
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Sextant</title>\n";
  page += "<style>" + std::string(kStyle) + "</style></head><body>\n<h1>Sextant</h1>\n";
  page += "<p class=\"machine\">" + html_escape(machine) + "</p>\n<nav>";
  for (const DemoSection& section : sections) {
    page += format("<a href=\"#{}\">{}</a>", section.id, html_escape(section.title));
  }
  page += "</nav>\n";
  for (const DemoSection& section : sections) {
    page += format("<h2 id=\"{}\">{}</h2>\n", section.id, html_escape(section.title));
    page += section.html;
  }
  return page + "</body></html>\n";
}

}  // namespace sextant::cli
