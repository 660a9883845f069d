// The rule for names that come from archives and pickles: 1 to 1024 bytes of UTF-8 without control
// characters, so that they can be printed, written as JSON and compared as they are. A pure
// function, linear in the bytes.
#pragma once

#include <string_view>

namespace sextant::io {

bool is_plain_name(std::string_view name);

}  // namespace sextant::io
