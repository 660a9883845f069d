// Regular expressions from tokenizer files, with limits, as the reference library's engine
// (Oniguruma) understands them. For patterns of files only; known split patterns have scanners
// (split_scanner.h), which are far faster.
//
// Immutable and thread-safe. Character classes are those of unicode.h: letters that the regex
// library is too old to know are shown to it as known ones of the same category. A search that
// exceeds its step or time budget finds nothing more; the text then stays in one piece.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/text/pre_tokenizer.h"

namespace sextant::text {

class Regex {
 public:
  // Errors: kUnsupported (a construct that the two engines read differently, or over 4 KB),
  // kDataLoss (not a regular expression, with the place).
  static Result<Regex> compile(std::string_view pattern);
  // Finds exactly this text. Errors: kDataLoss (empty).
  static Result<Regex> literal(std::string_view text);

  // Memory for searches, to be reused from text to text; for one thread, and no longer-lived than
  // the Regex. Its time budget is that of all searches together.
  class Session;
  Session session(size_t bytes) const;  // `bytes`: of all texts together

  // The matches from left to right, not overlapping; empty ones too, but not right behind another
  // and not in an empty text.
  std::vector<Span> find_all(std::string_view text, Session& session) const;

 private:
  struct Program;
  std::shared_ptr<const Program> program_;
  std::string literal_;
};

class Regex::Session {
 public:
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) = delete;

 private:
  friend class Regex;
  struct State;
  explicit Session(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace sextant::text
