// UTF-8 and the rule for names that come from archives and pickles: 1 to 1024 bytes of UTF-8
// without control characters, so that they can be printed, written as JSON and compared as they
// are. Pure functions, linear in the bytes. Decoding lives in text/utf8.h, a folder beside this
// one.
#pragma once

#include <string_view>

namespace sextant::io {

// True where the text is UTF-8 as RFC 3629 has it: shortest forms, no surrogates, <= U+10FFFF.
bool is_utf8(std::string_view text);

// True where the rule above holds.
bool is_plain_name(std::string_view name);

}  // namespace sextant::io
