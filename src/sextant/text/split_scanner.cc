#include "sextant/text/split_scanner.h"

#include <array>

#include "sextant/base/utf8.h"
#include "sextant/text/unicode.h"

namespace sextant::text {
namespace {

enum Kind : uint8_t { kOther, kLetter, kNumber, kSpace, kLineEnd };  // kLineEnd: \r and \n

constexpr std::array<uint8_t, 128> ascii_kinds() {
  std::array<uint8_t, 128> kinds{};
  for (size_t c = 0; c < kinds.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool number = c >= '0' && c <= '9';
    const bool space = c == ' ' || (c >= 0x09 && c <= 0x0D);
    kinds[c] = letter ? kLetter : number ? kNumber : space ? kSpace : kOther;
  }
  kinds['\r'] = kinds['\n'] = kLineEnd;
  return kinds;
}

constexpr std::array<uint8_t, 128> kAscii = ascii_kinds();

struct Rules {
  bool any_case;      // contractions in any case; what leads letters may be any other character
  size_t max_digits;  // numbers of at most this many without a space before; 0: any, with a space
};

constexpr Rules kGpt2Rules{.any_case = false, .max_digits = 0};
constexpr Rules kLlama3Rules{.any_case = true, .max_digits = 3};
constexpr Rules kQwen2Rules{.any_case = true, .max_digits = 1};

struct Seen {
  Kind kind;
  uint32_t size;
};

template <Rules kRules>
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), table_(class_table()) {}

  // The end of the piece that begins at `begin`.
  size_t next(size_t begin) const {
    if (text_[begin] == '\'') {
      if (const size_t size = contraction(begin); size > 0) {
        return begin + size;
      }
    }
    const Seen first = at(begin);
    const size_t second = begin + first.size;
    if (first.kind == kLetter) {
      return run_end(second, kLetter);
    }
    const Kind second_kind = second < text_.size() ? at(second).kind : kLineEnd;
    if constexpr (kRules.any_case) {
      if (second_kind == kLetter && first.kind != kNumber && first.kind != kLineEnd) {
        return run_end(second, kLetter);
      }
    }
    if (first.kind == kNumber) {
      return numbers_end(second);
    }
    if (first.kind == kOther) {
      return others_end(second);
    }
    if (text_[begin] == ' ') {
      if (second_kind == kOther) {
        return others_end(second);
      }
      if (!kRules.any_case && (second_kind == kLetter || second_kind == kNumber)) {
        return run_end(second, second_kind);
      }
    }
    return spaces_end(begin);
  }

 private:
  Seen at(size_t position) const {
    const auto byte = static_cast<uint8_t>(text_[position]);
    if (byte < 0x80) {
      return {static_cast<Kind>(kAscii[byte]), 1};
    }
    const CodePoint code = decode_utf8(text_, position);
    const uint16_t bits = table_[code.value];
    const Kind kind = (bits & char_class::kLetter) != 0   ? kLetter
                      : (bits & char_class::kNumber) != 0 ? kNumber
                      : (bits & char_class::kSpace) != 0  ? kSpace
                                                          : kOther;
    return {kind, code.length};
  }

  size_t run_end(size_t position, Kind kind) const {
    while (position < text_.size()) {
      const Seen seen = at(position);
      if (seen.kind != kind) {
        break;
      }
      position += seen.size;
    }
    return position;
  }

  size_t numbers_end(size_t position) const {
    if constexpr (kRules.max_digits == 0) {
      return run_end(position, kNumber);
    }
    for (size_t digits = 1; digits < kRules.max_digits && position < text_.size(); ++digits) {
      const Seen seen = at(position);
      if (seen.kind != kNumber) {
        break;
      }
      position += seen.size;
    }
    return position;
  }

  // Neither space, letter nor number; with the line ends behind in the newer patterns.
  size_t others_end(size_t position) const {
    position = run_end(position, kOther);
    return kRules.any_case ? run_end(position, kLineEnd) : position;
  }

  // A run of white space: with line ends, up to behind the last one (newer patterns); else without
  // its last character, which goes to the word behind it, unless it is the only one or the last
  // of the text.
  size_t spaces_end(size_t begin) const {
    size_t end = begin;
    size_t last = begin;      // where the last character begins
    size_t line_end = begin;  // behind the last line end
    while (end < text_.size()) {
      const Seen seen = at(end);
      if (seen.kind != kSpace && seen.kind != kLineEnd) {
        break;
      }
      last = end;
      end += seen.size;
      line_end = seen.kind == kLineEnd ? end : line_end;
    }
    if (kRules.any_case && line_end > begin) {
      return line_end;
    }
    return end == text_.size() || last == begin ? end : last;
  }

  char lower(size_t position) const {
    if (position >= text_.size()) {
      return '\0';
    }
    const char c = text_[position];
    return kRules.any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }

  // Bytes of 's, 't, 're, 've, 'm, 'll, 'd at `begin`, or 0. Case folding makes "ſ" an s.
  size_t contraction(size_t begin) const {
    const char first = lower(begin + 1);
    const char second = lower(begin + 2);
    switch (first) {
      case 's':
      case 't':
      case 'm':
      case 'd':
        return 2;
      case 'r':
      case 'v':
        return second == 'e' ? 3 : 0;
      case 'l':
        return second == 'l' ? 3 : 0;
      default:
        return kRules.any_case && text_.substr(begin + 1, 2) == "\u017F" ? 3 : 0;
    }
  }

  std::string_view text_;
  ClassTable table_;
};

template <Rules kRules>
void scan_with(std::string_view text, size_t offset, std::vector<Span>& out) {
  const Scanner<kRules> scanner(text);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = scanner.next(begin);
    out.push_back({offset + begin, offset + end});
    begin = end;
  }
}

}  // namespace

std::optional<SplitPattern> known_pattern(std::string_view regex) {
  constexpr std::string_view kNewerTail = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  constexpr std::string_view kNewerHead =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})";
  if (regex == R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)") {
    return SplitPattern::kGpt2;
  }
  if (!regex.starts_with(kNewerHead) || !regex.ends_with(kNewerTail)) {
    return std::nullopt;
  }
  regex.remove_prefix(kNewerHead.size());
  regex.remove_suffix(std::min(kNewerTail.size(), regex.size()));
  if (regex.empty()) {
    return SplitPattern::kQwen2;
  }
  return regex == "{1,3}" ? std::optional(SplitPattern::kLlama3) : std::nullopt;
}

void scan(SplitPattern pattern, std::string_view text, size_t offset, std::vector<Span>& out) {
  switch (pattern) {
    case SplitPattern::kGpt2:
      return scan_with<kGpt2Rules>(text, offset, out);
    case SplitPattern::kLlama3:
      return scan_with<kLlama3Rules>(text, offset, out);
    case SplitPattern::kQwen2:
      return scan_with<kQwen2Rules>(text, offset, out);
  }
}

}  // namespace sextant::text
