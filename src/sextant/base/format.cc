#include "sextant/base/format.h"

#include <fmt/args.h>
#include <fmt/format.h>

namespace sextant {

std::string format_args(std::string_view pattern, std::span<const FormatArg> args) {
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  for (const FormatArg& arg : args) {
    std::visit([&](const auto& value) { store.push_back(value); }, arg);
  }
  try {
    return fmt::vformat(pattern, store);
  } catch (const std::exception& e) {
    return std::string(pattern) + " (unprintable: " + e.what() + ")";
  }
}

}  // namespace sextant
