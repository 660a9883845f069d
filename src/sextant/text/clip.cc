#include "sextant/text/clip.h"

#include <memory>
#include <string>
#include <vector>

#include "sextant/text/byte_alphabet.h"
#include "sextant/text/char_bpe.h"
#include "sextant/text/piece_decoders.h"
#include "sextant/text/regex.h"
#include "sextant/text/splitters.h"
#include "sextant/text/string_normalizers.h"

namespace sextant::text {
namespace {

constexpr size_t kEntries = 49408;
constexpr size_t kLetters = 256;
constexpr size_t kMerges = kEntries - 2 * kLetters - 2;
constexpr std::string_view kSuffix = "</w>";
constexpr std::string_view kStart = "<|startoftext|>";
constexpr std::string_view kEnd = "<|endoftext|>";
constexpr std::string_view kPattern =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";

// The letters of all bytes: those of printable bytes first, as the published ids have it.
std::vector<std::string> letters() {
  std::vector<std::string> printed;
  std::vector<std::string> others;
  for (size_t i = 0; i < kLetters; ++i) {
    const char byte = static_cast<char>(i);
    std::string letter = letters_of_bytes(std::string_view(&byte, 1));
    const bool stands_for_itself = byte_to_letter(static_cast<uint8_t>(i)) == i;
    (stands_for_itself ? printed : others).push_back(std::move(letter));
  }
  printed.insert(printed.end(), others.begin(), others.end());
  return printed;
}

struct Lists {
  std::vector<std::string> entries;
  std::vector<std::pair<std::string_view, std::string_view>> merges;
};

Result<Lists> read_lines(std::string_view text) {
  Lists lists;
  lists.entries = letters();
  for (size_t i = 0; i < kLetters; ++i) {
    lists.entries.push_back(lists.entries[i] + std::string(kSuffix));
  }
  size_t begin = text.find('\n');
  while (lists.merges.size() < kMerges) {
    if (begin == std::string_view::npos) {
      return fail(ErrorCode::kDataLoss, "[text/clip] merges: expected {} lines, found {}", kMerges,
                  lists.merges.size());
    }
    const size_t end = text.find('\n', ++begin);
    const std::string_view line = text.substr(begin, std::min(end, text.size()) - begin);
    const size_t space = line.find(' ');
    if (space == 0 || space == std::string_view::npos || space + 1 == line.size()) {
      return fail(ErrorCode::kDataLoss, "[text/clip] merge {}: expected \"a b\", found \"{}\"",
                  lists.merges.size(), printable(line));
    }
    lists.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
    lists.entries.push_back(std::string(line.substr(0, space)).append(line.substr(space + 1)));
    begin = end;
  }
  lists.entries.emplace_back(kStart);
  lists.entries.emplace_back(kEnd);
  return lists;
}

Result<std::vector<BpeMerges::Rule>> rules_of(const Lists& lists, const Vocabulary& vocabulary) {
  std::vector<BpeMerges::Rule> rules;
  for (const auto& [left, right] : lists.merges) {
    const auto merged = static_cast<int32_t>(2 * kLetters + rules.size());
    const auto first = vocabulary.find(left);
    const auto second = vocabulary.find(right);
    if (!first || !second) {
      return fail(ErrorCode::kDataLoss,
                  "[text/clip] merge {}: expected known parts, found \"{} {}\"", rules.size(),
                  printable(left), printable(right));
    }
    rules.push_back({*first, *second, merged});
  }
  return rules;
}

}  // namespace

Result<TokenizerParts> parts_from_clip_bpe(std::string_view text) {
  SEXTANT_TRY(const Lists lists, read_lines(text));
  SEXTANT_TRY(Vocabulary vocabulary, Vocabulary::from_list(lists.entries, "[text/clip] entries"));
  SEXTANT_TRY(const std::vector<BpeMerges::Rule> rules, rules_of(lists, vocabulary));
  TokenizerParts parts;
  parts.kind = "CLIP BPE";
  parts.byte_level = true;
  SEXTANT_TRY(Regex spaces, Regex::compile("\\s+"));
  parts.normalizers.push_back(std::make_unique<UnicodeNormalizer>(UnicodeForm::kNfc));
  parts.normalizers.push_back(std::make_unique<Replace>(std::move(spaces), " "));
  parts.normalizers.push_back(std::make_unique<Lowercase>());
  SEXTANT_TRY(Regex pattern, Regex::compile(kPattern));
  parts.pre_tokenizers.push_back(
      std::make_unique<Split>(std::move(pattern), SplitBehavior::kRemoved, true));
  CharBpeOptions options;
  options.end_suffix = kSuffix;
  options.byte_letters = true;
  options.unknown = vocabulary.find(kEnd);
  parts.bos = vocabulary.find(kStart);
  parts.eos = vocabulary.find(kEnd);
  parts.unknown = options.unknown;
  parts.frame = {{*parts.bos}, {*parts.eos}};
  for (const std::string_view token : {kStart, kEnd}) {
    parts.added.push_back(
        {.content = std::string(token), .id = *vocabulary.find(token), .special = true});
  }
  parts.model =
      std::make_unique<CharBpe>(std::move(vocabulary), BpeMerges(rules), std::move(options));
  parts.decoders.push_back(make_byte_level_decoder());
  parts.decoders.push_back(std::make_unique<SuffixDecoder>(std::string(kSuffix)));
  return parts;
}

Result<Tokenizer> Tokenizer::from_clip_bpe(std::string_view text) {
  SEXTANT_TRY(TokenizerParts parts, parts_from_clip_bpe(text));
  return make_tokenizer(std::move(parts));
}

}  // namespace sextant::text
