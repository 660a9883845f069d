#include "sextant/text/jinja_outline.h"

#include <cctype>

#include "sextant/base/utf8.h"

namespace sextant::text {
namespace {

constexpr size_t kMaxTemplateBytes = size_t{1} << 20;
constexpr std::string_view kSpace = " \t\n\r\f\v";

enum class TagKind { kOutput, kStatement, kComment };

struct Tag {
  TagKind kind;
  size_t begin = 0;  // of "{%"
  size_t end = 0;    // behind "%}"
  std::string_view inside = {};
  bool strip_before = false;  // "{%-"
  bool strip_after = false;   // "-%}"
  bool keep_before = false;   // "{%+": lstrip_blocks off
  bool keep_after = false;    // "+%}": trim_blocks off
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Position behind the string literal that begins at `position`, or npos.
size_t skip_string(std::string_view text, size_t position) {
  const char quote = text[position];
  for (size_t i = position + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

size_t find_close(std::string_view text, size_t position, std::string_view close, bool strings) {
  while (position < text.size()) {
    if (text.substr(position, close.size()) == close) {
      return position;
    }
    if (strings && (text[position] == '\'' || text[position] == '"')) {
      position = skip_string(text, position);
    } else {
      ++position;
    }
  }
  return std::string_view::npos;
}

// The tag that begins at `begin`, where "{{", "{%" or "{#" stands.
Result<Tag> read_tag(std::string_view text, size_t begin) {
  const char mark = text[begin + 1];
  Tag tag{.kind = mark == '{'   ? TagKind::kOutput
                  : mark == '%' ? TagKind::kStatement
                                : TagKind::kComment,
          .begin = begin};
  const std::string_view close = mark == '{' ? "}}" : mark == '%' ? "%}" : "#}";
  size_t from = begin + 2;
  if (from < text.size() && (text[from] == '-' || text[from] == '+')) {
    tag.strip_before = text[from] == '-';
    tag.keep_before = text[from] == '+';
    ++from;
  }
  const size_t to = find_close(text, from, close, tag.kind != TagKind::kComment);
  if (to == std::string_view::npos) {
    return fail(ErrorCode::kDataLoss,
                "[text/chat_template] tag at byte {}: expected \"{}\", found the end of the text",
                begin, close);
  }
  tag.end = to + close.size();
  tag.inside = text.substr(from, to - from);
  if (!tag.inside.empty() && (tag.inside.back() == '-' || tag.inside.back() == '+')) {
    tag.strip_after = tag.inside.back() == '-';
    tag.keep_after = tag.inside.back() == '+';
    tag.inside.remove_suffix(1);
  }
  return tag;
}

// Decodes \n, \t, \r, \\, quotes and \uXXXX of a literal without its quotes.
std::string unescape(std::string_view body) {
  std::string out;
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\' || i + 1 == body.size()) {
      out.push_back(body[i]);
      continue;
    }
    const char next = body[++i];
    const size_t digits = next == 'x' ? 2 : next == 'u' ? 4 : 0;
    if (digits != 0 && i + digits < body.size()) {
      char32_t value = 0;
      for (size_t k = 1; k <= digits; ++k) {
        const char c = body[i + k];
        value = value * 16 + static_cast<char32_t>(std::isdigit(static_cast<unsigned char>(c)) != 0
                                                       ? c - '0'
                                                       : (c | 0x20) - 'a' + 10);
      }
      append_utf8(out, value);
      i += digits;
    } else if (next == 'n') {
      out.push_back('\n');
    } else if (next == 't') {
      out.push_back('\t');
    } else if (next == 'r') {
      out.push_back('\r');
    } else {
      out.push_back(next);
    }
  }
  return out;
}

struct Token {
  bool string = false;
  std::string text;
};

Result<std::vector<Token>> tokenize(std::string_view code) {
  std::vector<Token> tokens;
  size_t i = 0;
  while (i < code.size()) {
    const char c = code[i];
    if (kSpace.find(c) != std::string_view::npos) {
      ++i;
    } else if (c == '\'' || c == '"') {
      const size_t end = skip_string(code, i);
      if (end == std::string_view::npos) {
        return fail(ErrorCode::kDataLoss,
                    "[text/chat_template] string: expected a closing {}, found the end of the tag",
                    c);
      }
      tokens.push_back({true, unescape(code.substr(i + 1, end - i - 2))});
      i = end;
    } else if (is_word(c)) {
      const size_t begin = i;
      while (i < code.size() && is_word(code[i])) {
        ++i;
      }
      tokens.push_back({false, std::string(code.substr(begin, i - begin))});
    } else {
      const std::string_view two = code.substr(i, 2);
      const bool pair =
          two == "==" || two == "!=" || two == "<=" || two == ">=" || two == "//" || two == "**";
      tokens.push_back({false, std::string(code.substr(i, pair ? 2 : 1))});
      i += pair ? 2 : 1;
    }
  }
  return tokens;
}

std::string quote(std::string_view literal) {
  std::string out = "\"";
  for (const char c : literal) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

// x['name'] and x.name are one thing to Jinja where x is a message.
bool is_subscript_name(const std::vector<Token>& tokens, size_t i) {
  return i > 0 && i + 2 < tokens.size() && !tokens[i].string && tokens[i].text == "[" &&
         tokens[i + 1].string && !tokens[i + 2].string && tokens[i + 2].text == "]";
}

std::string print_expression(const std::vector<Token>& tokens) {
  std::string out;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (is_subscript_name(tokens, i)) {
      out += "." + tokens[i + 1].text;
      i += 2;
      continue;
    }
    const std::string text = tokens[i].string ? quote(tokens[i].text) : tokens[i].text;
    const bool word_before = !out.empty() && (is_word(out.back()) || out.back() == '"');
    const bool word_now = !text.empty() && (is_word(text.front()) || text.front() == '"');
    if (word_before && word_now) {
      out.push_back(' ');
    }
    out += text;
  }
  return out;
}

void add_literal(std::vector<JinjaTerm>& terms, std::string text) {
  if (!terms.empty() && terms.back().literal) {
    terms.back().text += text;
  } else {
    terms.push_back({true, std::move(text)});
  }
}

void add_term(std::vector<JinjaTerm>& terms, const std::vector<Token>& tokens) {
  if (tokens.size() == 1 && tokens[0].string) {
    add_literal(terms, tokens[0].text);
  } else {
    terms.push_back({false, print_expression(tokens)});
  }
}

// Splits at the + signs outside brackets.
void add_terms(std::vector<JinjaTerm>& terms, const std::vector<Token>& tokens) {
  std::vector<Token> current;
  int depth = 0;
  for (const Token& token : tokens) {
    if (!token.string) {
      depth += token.text == "(" || token.text == "[" || token.text == "{" ? 1 : 0;
      depth -= token.text == ")" || token.text == "]" || token.text == "}" ? 1 : 0;
      if (depth == 0 && token.text == "+") {
        add_term(terms, current);
        current.clear();
        continue;
      }
    }
    current.push_back(token);
  }
  add_term(terms, current);
}

class Outliner {
 public:
  explicit Outliner(std::string_view text) : text_(text) {
    if (text_.ends_with('\n')) {
      text_.remove_suffix(1);  // Jinja drops one newline at the end
    }
  }

  Result<std::vector<JinjaPart>> run() {
    size_t position = 0;
    while (position < text_.size()) {
      const size_t begin = find_tag(position);
      if (begin == std::string_view::npos) {
        add_text(text_.substr(position));
        break;
      }
      SEXTANT_TRY(const Tag tag, read_tag(text_, begin));
      add_text(text_before(tag, position));
      SEXTANT_TRY_VOID(add_tag(tag));
      position = skip_after(tag);
    }
    return std::move(parts_);
  }

 private:
  size_t find_tag(size_t from) const {
    for (size_t i = from; i + 1 < text_.size(); ++i) {
      if (text_[i] == '{' && (text_[i + 1] == '{' || text_[i + 1] == '%' || text_[i + 1] == '#')) {
        return i;
      }
    }
    return std::string_view::npos;
  }

  std::string_view text_before(const Tag& tag, size_t position) const {
    std::string_view text = text_.substr(position, tag.begin - position);
    if (tag.strip_before) {
      const size_t last = text.find_last_not_of(kSpace);
      return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
    }
    if (tag.kind != TagKind::kOutput && !tag.keep_before) {
      const size_t newline = text.rfind('\n');
      const size_t line = newline == std::string_view::npos ? 0 : newline + 1;
      const bool starts_line = line > 0 || position == 0 || text_[position - 1] == '\n';
      if (starts_line && text.find_first_not_of(kSpace, line) == std::string_view::npos) {
        return text.substr(0, line);
      }
    }
    return text;
  }

  size_t skip_after(const Tag& tag) const {
    if (tag.strip_after) {
      const size_t next = text_.find_first_not_of(kSpace, tag.end);
      return next == std::string_view::npos ? text_.size() : next;
    }
    const bool newline = tag.end < text_.size() && text_[tag.end] == '\n';
    return tag.end + (newline && tag.kind != TagKind::kOutput && !tag.keep_after ? 1 : 0);
  }

  std::vector<JinjaTerm>& open_output() {
    if (parts_.empty() || !parts_.back().statement.empty()) {
      parts_.emplace_back();
    }
    return parts_.back().terms;
  }

  void add_text(std::string_view text) {
    if (!text.empty()) {
      add_literal(open_output(), std::string(text));
    }
  }

  Result<void> add_tag(const Tag& tag) {
    if (tag.kind == TagKind::kComment) {
      return {};
    }
    SEXTANT_TRY(const std::vector<Token> tokens, tokenize(tag.inside));
    if (tag.kind == TagKind::kOutput) {
      add_terms(open_output(), tokens);
    } else {
      // A statement is never empty in the outline, so that it differs from printed parts.
      parts_.push_back({tokens.empty() ? " " : print_expression(tokens), {}});
    }
    return {};
  }

  std::string_view text_;
  std::vector<JinjaPart> parts_;
};

}  // namespace

Result<std::vector<JinjaPart>> jinja_outline(std::string_view text) {
  if (text.size() > kMaxTemplateBytes) {
    return fail(ErrorCode::kOutOfRange,
                "[text/chat_template] template: expected at most {} bytes, found {}",
                kMaxTemplateBytes, text.size());
  }
  return Outliner(text).run();
}

std::string to_string(const JinjaPart& part) {
  if (!part.statement.empty()) {
    return "%" + part.statement;
  }
  std::string out = "=";
  for (const JinjaTerm& term : part.terms) {
    if (out.size() > 1) {
      out.push_back('+');
    }
    out += term.literal ? quote(term.text) : term.text;
  }
  return out;
}

}  // namespace sextant::text
