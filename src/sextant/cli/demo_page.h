// The gallery page of `sextant demo`: one self-contained HTML file, a section for each system.
//
// A system adds a section by a function in a demo_<system>.cc and a line in demo.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sextant::cli {

// Text made safe for HTML, inside elements and attributes.
std::string html_escape(std::string_view text);

struct DemoSection {
  std::string id;  // of the link to it
  std::string title;
  std::string html;  // made of escaped text and the helpers below
};

// One horizontal bar: `share` of the full width (cut to 0..1), with a label on each side.
std::string html_bar(std::string_view label, double share, std::string_view value);

// A table; all cells are escaped.
std::string html_table(const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows);

// `machine` stands under the title: what the figures were measured on.
std::string demo_page(const std::vector<DemoSection>& sections, std::string_view machine);

}  // namespace sextant::cli
