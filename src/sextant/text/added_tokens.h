// Tokens that are cut out of the text before anything else sees it: control tokens
// ("<|im_start|>") and entries that users added to a vocabulary.
//
// At each place the longest token wins, from left to right (as the reference's automaton does).
// Immutable and thread-safe. Time: bytes of text times the longest token's bytes at worst; a table
// of possible first bytes keeps ordinary text at about 1 GB/s.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/text/normalizer.h"
#include "sextant/text/tokenizer.h"

namespace sextant::text {

struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool special = false;      // found only where the caller asks for control tokens
  bool lstrip = false;       // swallows white space before it
  bool rstrip = false;       // swallows white space behind it
  bool normalized = false;   // looked for after normalisation, else before
  bool single_word = false;  // not inside a word
};

class AddedTokens {
 public:
  // A token as found: where it stands, swallowed white space included.
  struct Match {
    int32_t id;
    size_t begin;
    size_t end;
  };

  AddedTokens() = default;

  // `normalizers` are applied to the contents of the normalised kind. A content that comes twice
  // belongs to the last. Errors: kOutOfRange (id negative or beyond 2 M, content empty or over
  // 1024 bytes).
  static Result<AddedTokens> build(std::vector<AddedToken> tokens, const Normalizers& normalizers);

  // Appends the tokens found in raw or in normalised text. Control tokens are passed over as if
  // they were text unless `parse_special`, and where they touch one of the `plain` stretches.
  void find_raw(std::string_view text, bool parse_special, std::span<const TextRange> plain,
                std::vector<Match>& out) const;
  void find_normalized(std::string_view text, bool parse_special, std::vector<Match>& out) const;

  // Null where the id is not an added token. Valid as long as this.
  const AddedToken* by_id(int32_t id) const;
  std::optional<int32_t> find(std::string_view content) const;
  const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  // Patterns sorted by bytes, to be narrowed byte by byte.
  struct Finder {
    struct Pattern {
      std::string bytes;
      uint32_t token;  // index into tokens_
    };
    std::vector<Pattern> patterns;
    std::array<bool, 256> first_bytes{};

    void finish();
    const Pattern* longest_at(std::string_view text, size_t position) const;
  };

  void find_with(const Finder& finder, std::string_view text, bool parse_special,
                 std::span<const TextRange> plain, std::vector<Match>& out) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<int32_t, uint32_t> by_id_;
  Finder raw_;
  Finder normalized_;
};

}  // namespace sextant::text
