#include "sextant/cli/text_lines.h"

#include <filesystem>
#include <fstream>
#include <iostream>

#include "sextant/base/utf8.h"

namespace sextant::cli {

Result<void> for_each_json_line(
    const std::string& input, std::string_view verb,
    const std::function<Result<void>(const Json& line, const std::string& where)>& each) {
  std::ifstream file;
  if (input != "-") {
    std::error_code ignored;  // a folder can be opened, and reads as if it were empty
    if (std::filesystem::is_directory(input, ignored)) {
      return fail(ErrorCode::kDataLoss, "[cli/{}] {}: expected a file, found a folder", verb,
                  printable(input));
    }
    file.open(input, std::ios::binary);
    if (!file) {
      return fail(ErrorCode::kNotFound, "[cli/{}] {}: expected a readable file, found none", verb,
                  printable(input));
    }
  }
  std::istream& lines = input == "-" ? std::cin : file;
  const std::string name = input == "-" ? "standard input" : printable(input);
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) {
      continue;
    }
    const std::string where = format("{} line {}", name, number);
    SEXTANT_TRY(const Json json, parse_json(line, where));
    SEXTANT_TRY_VOID(each(json, where));
  }
  return {};
}

Result<std::string> text_of_line(const Json& line, std::string_view verb,
                                 const std::string& where) {
  if (!line.is_object() || !line.contains("text") || !line["text"].is_string()) {
    return fail(ErrorCode::kDataLoss, "[cli/{}] {}: expected an object with \"text\", found {}",
                verb, where, printable(line.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }
  return line["text"].get<std::string>();
}

Result<std::vector<std::string>> read_text_lines(const std::string& input, std::string_view verb) {
  std::vector<std::string> texts;
  SEXTANT_TRY_VOID(for_each_json_line(
      input, verb, [&](const Json& line, const std::string& where) -> Result<void> {
        SEXTANT_TRY(texts.emplace_back(), text_of_line(line, verb, where));
        return {};
      }));
  if (texts.empty()) {
    return fail(ErrorCode::kDataLoss, "[cli/{}] {}: expected lines with \"text\", found none", verb,
                input == "-" ? "standard input" : printable(input));
  }
  return texts;
}

}  // namespace sextant::cli
