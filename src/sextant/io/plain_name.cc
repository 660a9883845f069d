#include "sextant/io/plain_name.h"

#include <algorithm>

#include "sextant/base/utf8.h"

namespace sextant::io {
namespace {

constexpr size_t kMaxNameBytes = 1024;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::none_of(name.begin(), name.end(), is_control) && is_valid_utf8(name);
}

}  // namespace sextant::io
