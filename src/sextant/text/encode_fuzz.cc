// Any bytes through small byte-level tokenizers: nothing may be lost, and the scanners of the known
// split patterns must cut where a regular expression engine cuts.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/utf8.h"
#include "sextant/text/byte_alphabet.h"
#include "sextant/text/regex.h"
#include "sextant/text/split_scanner.h"
#include "sextant/text/tokenizer.h"

namespace sextant::text {
namespace {

constexpr std::string_view kPatterns[] = {
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
};

// Every byte, and pairs and quadruples of some.
Tokenizer make(std::string_view pre) {
  GgufVocabulary vocabulary;
  vocabulary.model = "gpt2";
  vocabulary.pre = pre;
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary.tokens.push_back(letters_of_bytes(std::string(1, static_cast<char>(byte))));
  }
  const auto add = [&vocabulary](const std::string& left, const std::string& right) {
    vocabulary.tokens.push_back(left + right);
    vocabulary.merges.push_back(left + " " + right);
  };
  const std::vector<std::string> letters = {letters_of_bytes(" "), "a", "e",
                                            letters_of_bytes("\xC3"), letters_of_bytes("\n")};
  for (const std::string& left : letters) {
    for (const std::string& right : letters) {
      add(left, right);
    }
  }
  add("aa", "aa");
  add("aaaa", "aaaa");
  return value_or_throw(Tokenizer::from_gguf(std::move(vocabulary)));
}

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_splits(std::string_view text) {
  static const std::vector<Regex> kRegexes = [] {
    std::vector<Regex> regexes;
    for (const std::string_view pattern : kPatterns) {
      regexes.push_back(value_or_throw(Regex::compile(pattern)));
    }
    return regexes;
  }();
  for (size_t i = 0; i < kRegexes.size(); ++i) {
    const auto known = known_pattern(kPatterns[i]);
    require(known.has_value());
    std::vector<Span> scanned;
    scan(*known, text, 0, scanned);
    Regex::Session session = kRegexes[i].session(text.size());
    require(scanned == kRegexes[i].find_all(text, session));
  }
}

void check(std::string_view text) {
  static const Tokenizer kTokenizers[] = {make("gpt-2"), make("smollm"), make("llama-bpe")};
  for (const Tokenizer& tokenizer : kTokenizers) {
    require(tokenizer.decode(tokenizer.encode(text, {})) == text);
  }
  if (is_valid_utf8(text)) {
    check_splits(text);
  }
}

}  // namespace
}  // namespace sextant::text

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sextant::text::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
