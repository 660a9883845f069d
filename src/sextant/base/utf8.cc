#include "sextant/base/utf8.h"

namespace sextant {
namespace {

struct LeadByte {
  uint32_t length;    // bytes of the whole character, 0 for bytes that cannot lead
  unsigned char low;  // range of the second byte; the rest are always 80..BF
  unsigned char high;
};

// Table 3-7 of the Unicode standard: the second byte's range rules out overlong forms,
// surrogates and values above U+10FFFF.
LeadByte classify(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

void replace_into(std::string& out, std::string_view text, size_t end) {
  size_t position = 0;
  while (position < end) {
    const CodePoint next = decode_utf8(text, position);
    if (next.valid) {
      out.append(text, position, next.length);
    } else {
      append_utf8(out, kReplacementCharacter);
    }
    position += next.length;
  }
}

}  // namespace

CodePoint decode_utf8_any(std::string_view text, size_t position) {
  if (position >= text.size()) {
    return {};
  }
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[position + i]); };
  const LeadByte lead = classify(byte(0));
  if (lead.length == 1) {
    return {byte(0), 1, true, false};
  }
  if (lead.length == 0) {
    return {kReplacementCharacter, 1, false, false};
  }
  const size_t available = text.size() - position;
  char32_t value = byte(0) & (0x7Fu >> lead.length);
  for (uint32_t i = 1; i < lead.length; ++i) {
    if (i >= available) {
      return {kReplacementCharacter, i, false, true};
    }
    const unsigned char low = i == 1 ? lead.low : 0x80;
    const unsigned char high = i == 1 ? lead.high : 0xBF;
    if (byte(i) < low || byte(i) > high) {
      return {kReplacementCharacter, i, false, false};
    }
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  return {value, lead.length, true, false};
}

void append_utf8(std::string& out, char32_t code_point) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) {
    code_point = kReplacementCharacter;
  }
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

size_t utf8_length_from_lead(unsigned char lead) {
  const uint32_t length = classify(lead).length;
  return length == 0 ? 1 : length;
}

bool is_valid_utf8(std::string_view text) {
  size_t position = 0;
  while (position < text.size()) {
    const CodePoint next = decode_utf8(text, position);
    if (!next.valid) {
      return false;
    }
    position += next.length;
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  replace_into(out, text, text.size());
  return out;
}

std::string Utf8Stream::push(std::string_view bytes) {
  std::string joined = std::move(pending_);
  joined.append(bytes);
  pending_.clear();
  // Only the last three bytes can belong to a character that is still open.
  size_t end = joined.size();
  for (size_t back = 1; back <= 3 && back <= joined.size(); ++back) {
    const CodePoint last = decode_utf8(joined, joined.size() - back);
    if (last.incomplete && last.length == back) {
      end = joined.size() - back;
      break;
    }
  }
  std::string out;
  out.reserve(end);
  replace_into(out, std::string_view(joined).substr(0, end), end);
  pending_ = joined.substr(end);
  return out;
}

std::string Utf8Stream::finish() {
  std::string out = replace_invalid_utf8(pending_);
  pending_.clear();
  return out;
}

}  // namespace sextant
