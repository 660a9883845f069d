#include "sextant/text/string_normalizers.h"

#include <utf8proc.h>

#include <vector>

#include "sextant/base/utf8.h"
#include "sextant/text/unicode.h"

namespace sextant::text {
namespace {

bool is_ascii(char byte) { return static_cast<uint8_t>(byte) < 0x80; }

utf8proc_option_t options_of(UnicodeForm form) {
  constexpr int kStable = UTF8PROC_STABLE;
  switch (form) {
    case UnicodeForm::kNfc:
      return static_cast<utf8proc_option_t>(kStable | UTF8PROC_COMPOSE);
    case UnicodeForm::kNfd:
      return static_cast<utf8proc_option_t>(kStable | UTF8PROC_DECOMPOSE);
    case UnicodeForm::kNfkc:
      return static_cast<utf8proc_option_t>(kStable | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    case UnicodeForm::kNfkd:
      return static_cast<utf8proc_option_t>(kStable | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  }
  return UTF8PROC_STABLE;
}

// Appends the normal form of a stretch of valid UTF-8.
void append_normalized(std::string_view stretch, utf8proc_option_t options,
                       std::vector<utf8proc_int32_t>& buffer, std::string& out) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(stretch.data());
  const auto size = static_cast<utf8proc_ssize_t>(stretch.size());
  // Longest expansion in any form: 18 code points for one of 3 bytes (U+FDFA).
  buffer.resize(stretch.size() * 6 + 8);
  utf8proc_ssize_t count = utf8proc_decompose(
      bytes, size, buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()), options);
  if (count < 0 || count > static_cast<utf8proc_ssize_t>(buffer.size())) {
    out.append(stretch);  // not reachable with valid UTF-8
    return;
  }
  count = utf8proc_normalize_utf32(buffer.data(), count, options);
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    append_utf8(out, static_cast<char32_t>(buffer[static_cast<size_t>(i)]));
  }
}

}  // namespace

// Only stretches with a code point outside ASCII can change, and with them the ASCII character
// before, to which marks may attach. A code point that the reference's normalisation does not know
// ends a stretch: to it that is an unassigned one, which nothing attaches to or moves across.
void UnicodeNormalizer::apply(std::string& text) const {
  const utf8proc_option_t options = options_of(form_);
  const ClassTable table = class_table();
  std::vector<utf8proc_int32_t> buffer;
  std::string out;
  size_t copied = 0;  // text before this is in `out`
  for (size_t position = 0; position < text.size();) {
    if (is_ascii(text[position])) {
      ++position;
      continue;
    }
    const size_t begin =
        position > copied && is_ascii(text[position - 1]) ? position - 1 : position;
    bool plain = form_ == UnicodeForm::kNfc;  // below U+0300 composed text is stable
    CodePoint code;
    while (position < text.size() && !is_ascii(text[position])) {
      code = decode_utf8(text, position);
      if (!code.valid ||
          (table[code.value] & (char_class::kUnnormalized | char_class::kNewer)) != 0) {
        break;
      }
      plain = plain && code.value < 0x300;
      position += code.length;
      code.length = 0;
    }
    if (!plain) {
      out.append(text, copied, begin - copied);
      append_normalized(std::string_view(text).substr(begin, position - begin), options, buffer,
                        out);
      copied = position;
    }
    position += code.length;  // the one that ended the stretch stays as it is
  }
  if (copied > 0) {
    out.append(text, copied);
    text = std::move(out);
  }
}

void Lowercase::apply(std::string& text) const {
  std::string out;
  out.reserve(text.size());
  for (size_t position = 0; position < text.size();) {
    const CodePoint code = decode_utf8(text, position);
    if (code.valid) {
      append_lower(out, code.value);
    } else {
      out.append(text, position, code.length);
    }
    position += code.length;
  }
  text = std::move(out);
}

void Strip::apply(std::string& text) const {
  if (right_) {
    text.resize(white_space_begin(text, text.size(), 0));
  }
  if (left_) {
    text.erase(0, white_space_end(text, 0));
  }
}

void StripAccents::apply(std::string& text) const {
  std::string out;
  out.reserve(text.size());
  for (size_t position = 0; position < text.size();) {
    const CodePoint code = decode_utf8(text, position);
    if ((class_of(code.value) & char_class::kAccent) == 0) {
      out.append(text, position, code.length);
    }
    position += code.length;
  }
  text = std::move(out);
}

void Prepend::apply(std::string& text) const {
  if (!text.empty()) {
    text.insert(0, prefix_);
  }
}

void Replace::apply(std::string& text) const {
  Regex::Session session = pattern_.session(text.size());
  const std::vector<Span> matches = pattern_.find_all(text, session);
  if (matches.empty()) {
    return;
  }
  std::string out;
  size_t copied = 0;
  for (const Span& match : matches) {
    out.append(text, copied, match.begin - copied);
    out.append(content_);
    copied = match.end;
  }
  out.append(text, copied);
  text = std::move(out);
}

}  // namespace sextant::text
