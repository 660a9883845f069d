// The outline of a Jinja template: what it prints and which statements stand around it, written
// in one canonical form. It serves to recognise known chat templates and runs nothing.
//
// Two texts that differ only in spacing, whitespace control, quotes, comments, message.role
// against message['role'], or in how literals are cut ('a' + 'b' against 'ab') have the same
// outline. Text outside tags is a printed literal, after trim_blocks and lstrip_blocks as chat
// templates are run with. Functions are pure; cost is linear in the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::text {

struct JinjaTerm {
  bool literal = false;
  std::string text;  // a literal's characters, or a canonical expression

  bool operator==(const JinjaTerm&) const = default;
};

struct JinjaPart {
  std::string statement;         // "if add_generation_prompt"; empty for printed parts
  std::vector<JinjaTerm> terms;  // what is printed, joined with +; neighbours are merged

  bool operator==(const JinjaPart&) const = default;
};

// The parts in order. Errors: kDataLoss for a tag or string that does not end, kOutOfRange for a
// text above one MiB.
Result<std::vector<JinjaPart>> jinja_outline(std::string_view text);

// One line a part: `%if add_generation_prompt` or `="<|im_start|>"+message.role+"\n"`, with
// newlines in literals written as \n.
std::string to_string(const JinjaPart& part);

}  // namespace sextant::text
