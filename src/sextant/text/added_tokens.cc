#include "sextant/text/added_tokens.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "sextant/text/unicode.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text {
namespace {

constexpr size_t kMaxContentBytes = 1024;  // bounds the time of the search at hostile tokens

// True where [begin, end) shares a byte with one of the ascending ranges.
bool touches(std::span<const TextRange> ranges, size_t begin, size_t end) {
  const auto behind = std::partition_point(ranges.begin(), ranges.end(),
                                           [&](const TextRange& r) { return r.end <= begin; });
  return behind != ranges.end() && behind->begin < end;
}

}  // namespace

void AddedTokens::Finder::finish() {
  std::sort(patterns.begin(), patterns.end(), [](const Pattern& a, const Pattern& b) {
    return std::tie(a.bytes, a.token) < std::tie(b.bytes, b.token);
  });
  // Of equal contents the last stays.
  std::vector<Pattern> unique;
  for (Pattern& pattern : patterns) {
    if (!unique.empty() && unique.back().bytes == pattern.bytes) {
      unique.back() = std::move(pattern);
    } else {
      unique.push_back(std::move(pattern));
    }
  }
  patterns = std::move(unique);
  for (const Pattern& pattern : patterns) {
    first_bytes[static_cast<uint8_t>(pattern.bytes[0])] = true;
  }
}

const AddedTokens::Finder::Pattern* AddedTokens::Finder::longest_at(std::string_view text,
                                                                    size_t position) const {
  const Pattern* found = nullptr;
  auto low = patterns.begin();
  auto high = patterns.end();
  for (size_t depth = 0; low != high && position + depth < text.size(); ++depth) {
    // Within [low, high) the first `depth` bytes agree, and a pattern that ends here stands first.
    const auto byte = static_cast<uint8_t>(text[position + depth]);
    const auto at = [depth](const Pattern& pattern) {
      return depth < pattern.bytes.size() ? static_cast<uint8_t>(pattern.bytes[depth]) : -1;
    };
    low = std::partition_point(low, high, [&](const Pattern& p) { return at(p) < byte; });
    high = std::partition_point(low, high, [&](const Pattern& p) { return at(p) <= byte; });
    if (low != high && low->bytes.size() == depth + 1) {
      found = &*low;
    }
  }
  return found;
}

Result<AddedTokens> AddedTokens::build(std::vector<AddedToken> tokens,
                                       const Normalizers& normalizers) {
  AddedTokens out;
  out.tokens_ = std::move(tokens);
  for (uint32_t i = 0; i < out.tokens_.size(); ++i) {
    const AddedToken& token = out.tokens_[i];
    if (token.id < 0 || token.id >= kMaxVocabulary) {
      return fail(ErrorCode::kOutOfRange,
                  "[text/added_tokens] \"{}\": expected an id of 0 to {}, found {}",
                  token.content.substr(0, 80), kMaxVocabulary - 1, token.id);
    }
    std::string pattern = token.content;
    if (token.normalized) {
      normalize(normalizers, pattern);
    }
    if (pattern.empty() || pattern.size() > kMaxContentBytes) {
      return fail(ErrorCode::kOutOfRange,
                  "[text/added_tokens] token {}: expected 1 to {} bytes, found {}", token.id,
                  kMaxContentBytes, pattern.size());
    }
    out.by_id_[token.id] = i;
    Finder& finder = token.normalized ? out.normalized_ : out.raw_;
    finder.patterns.push_back({.bytes = std::move(pattern), .token = i});
  }
  out.raw_.finish();
  out.normalized_.finish();
  return out;
}

void AddedTokens::find_raw(std::string_view text, bool parse_special,
                           std::span<const TextRange> plain, std::vector<Match>& out) const {
  find_with(raw_, text, parse_special, plain, out);
}

void AddedTokens::find_normalized(std::string_view text, bool parse_special,
                                  std::vector<Match>& out) const {
  find_with(normalized_, text, parse_special, {}, out);
}

void AddedTokens::find_with(const Finder& finder, std::string_view text, bool parse_special,
                            std::span<const TextRange> plain, std::vector<Match>& out) const {
  if (finder.patterns.empty()) {
    return;
  }
  size_t covered = 0;  // end of the last token that was kept, with what it swallowed
  for (size_t position = 0; position < text.size();) {
    if (!finder.first_bytes[static_cast<uint8_t>(text[position])]) {
      ++position;
      continue;
    }
    const Finder::Pattern* pattern = finder.longest_at(text, position);
    if (pattern == nullptr) {
      ++position;
      continue;
    }
    const AddedToken& token = tokens_[pattern->token];
    Match match{.id = token.id, .begin = position, .end = position + pattern->bytes.size()};
    position = match.end;  // a token that is passed over hides what begins inside it
    if (token.special && (!parse_special || touches(plain, match.begin, match.end))) {
      continue;
    }
    if (token.single_word && (is_word(code_point_before(text, match.begin)) ||
                              is_word(code_point_at(text, match.end)))) {
      continue;
    }
    if (token.lstrip) {
      match.begin = white_space_begin(text, match.begin, std::min(covered, match.begin));
    }
    if (token.rstrip) {
      match.end = white_space_end(text, match.end);
    }
    match.begin = std::max(match.begin, covered);
    match.end = std::max(match.end, match.begin);
    covered = match.end;
    out.push_back(match);
  }
}

const AddedToken* AddedTokens::by_id(int32_t id) const {
  const auto place = by_id_.find(id);
  return place == by_id_.end() ? nullptr : &tokens_[place->second];
}

std::optional<int32_t> AddedTokens::find(std::string_view content) const {
  const auto match = std::find_if(tokens_.rbegin(), tokens_.rend(), [&](const AddedToken& token) {
    return token.content == content;
  });
  return match == tokens_.rend() ? std::nullopt : std::optional<int32_t>(match->id);
}

}  // namespace sextant::text
