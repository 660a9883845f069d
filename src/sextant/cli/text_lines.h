// JSON lines of texts, as `tokenize`, `embed` and `classify` read them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"

namespace sextant::cli {

// Calls `each` with the value of every line that is not empty and where it stands ("in.jsonl line
// 3"). `input` is a file, or "-" for standard input. Errors begin with [cli/`verb`]: kNotFound,
// kDataLoss (a folder, not JSON), and those of `each`.
Result<void> for_each_json_line(
    const std::string& input, std::string_view verb,
    const std::function<Result<void>(const Json& line, const std::string& where)>& each);

// The text of {"text": ...}. Error kDataLoss.
Result<std::string> text_of_line(const Json& line, std::string_view verb, const std::string& where);

// The texts of all lines, at least one.
Result<std::vector<std::string>> read_text_lines(const std::string& input, std::string_view verb);

}  // namespace sextant::cli
