#include "sextant/text/hf_pieces.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "sextant/text/bert.h"
#include "sextant/text/char_bpe.h"
#include "sextant/text/hf_bpe.h"
#include "sextant/text/hf_components.h"
#include "sextant/text/metaspace.h"
#include "sextant/text/piece_decoders.h"
#include "sextant/text/precompiled_charsmap.h"
#include "sextant/text/unigram.h"
#include "sextant/text/wordpiece.h"

namespace sextant::text::hf {
namespace {

constexpr std::string_view kVocabulary = "[text/hf_json] model.vocab";

Result<std::string> string_or(const Json& json, std::string_view key, std::string_view fallback) {
  const auto place = json.find(std::string(key));
  if (place == json.end() || place->is_null()) {
    return std::string(fallback);
  }
  return string_member(json, key);
}

// A count of 0 to `limit`.
Result<size_t> count_member(const Json& json, std::string_view key, int64_t limit) {
  SEXTANT_TRY(const int64_t value, int_member(json, key));
  if (value < 0 || value > limit) {
    return fail(ErrorCode::kOutOfRange, "[text/hf_json] \"{}\": expected 0 to {}, found {}", key,
                limit, value);
  }
  return static_cast<size_t>(value);
}

int base64_digit(char c) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t place = kDigits.find(c);
  return place == std::string_view::npos ? -1 : static_cast<int>(place);
}

Result<std::string> decode_base64(std::string_view text) {
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int digit = base64_digit(text[i]);
    if (digit < 0) {
      return fail(ErrorCode::kDataLoss,
                  "[text/hf_json] precompiled_charsmap: expected base64, found \"{}\" at {}",
                  printable(text.substr(i, 1)), i);
    }
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  return out;
}

Result<std::string> metaspace_mark(const Json& json) {
  SEXTANT_TRY(std::string mark, string_or(json, "replacement", kSpaceSymbol));
  if (mark.empty() || mark.size() > 4) {
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] Metaspace: replacement: expected one character, found \"{}\"",
                printable(mark));
  }
  return mark;
}

// "prepend_scheme", or what older files call add_prefix_space.
Result<Metaspace::Prepend> metaspace_prepend(const Json& json) {
  SEXTANT_TRY(const bool prefix, bool_member(json, "add_prefix_space", true));
  SEXTANT_TRY(const std::string scheme,
              string_or(json, "prepend_scheme", prefix ? "always" : "never"));
  if (scheme == "always") return Metaspace::Prepend::kAlways;
  if (scheme == "first") return Metaspace::Prepend::kFirst;
  if (scheme == "never") return Metaspace::Prepend::kNever;
  return fail(ErrorCode::kUnsupported,
              "[text/hf_json] Metaspace: prepend_scheme: expected always, first or never, found "
              "\"{}\"",
              printable(scheme));
}

template <class T, class... Args>
Result<void> add_decoder_of(TokenizerParts& parts, Args&&... args) {
  parts.decoders.push_back(std::make_unique<T>(std::forward<Args>(args)...));
  return {};
}

// ["[SEP]", 102] -> 102
Result<int32_t> token_of(const Json& json, const char* key) {
  const auto pair = json.find(key);
  if (pair == json.end() || !pair->is_array() || pair->size() != 2 ||
      !(*pair)[1].is_number_unsigned() || (*pair)[1].get<uint64_t>() > INT32_MAX) {
    return fail(ErrorCode::kDataLoss, "[text/hf_json] post_processor: \"{}\": expected [token, id]",
                key);
  }
  return (*pair)[1].get<int32_t>();
}

}  // namespace

Result<void> add_precompiled(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const std::string text, string_or(json, "precompiled_charsmap", ""));
  SEXTANT_TRY(const std::string blob, decode_base64(text));
  SEXTANT_TRY(PrecompiledCharsmap map, PrecompiledCharsmap::parse(blob));
  parts.normalizers.push_back(std::make_unique<PrecompiledNormalizer>(std::move(map)));
  return {};
}

Result<void> add_bert_normalizer(const Json& json, TokenizerParts& parts) {
  BertOptions options;
  SEXTANT_TRY(options.clean_text, bool_member(json, "clean_text", true));
  SEXTANT_TRY(options.split_ideographs, bool_member(json, "handle_chinese_chars", true));
  SEXTANT_TRY(options.lowercase, bool_member(json, "lowercase", true));
  SEXTANT_TRY(options.strip_accents, bool_member(json, "strip_accents", options.lowercase));
  add_bert_normalizers(options, parts);
  return {};
}

Result<void> add_metaspace(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(std::string mark, metaspace_mark(json));
  SEXTANT_TRY(const Metaspace::Prepend prepend, metaspace_prepend(json));
  SEXTANT_TRY(const bool split, bool_member(json, "split", true));
  parts.pre_tokenizers.push_back(std::make_unique<Metaspace>(std::move(mark), prepend, split));
  return {};
}

Result<void> add_bert_pre_tokenizer(const Json&, TokenizerParts& parts) {
  add_bert_pre_tokenizers(parts);
  return {};
}

Result<void> add_unigram(const Json& json, const VocabularySource& source, TokenizerParts& parts) {
  if (source.scores.size() != source.entries.size()) {
    return fail(ErrorCode::kDataLoss,
                "[text/hf_json] model Unigram: vocab: expected a list of [piece, score]");
  }
  UnigramParts model;
  SEXTANT_TRY(model.byte_fallback, bool_member(json, "byte_fallback", false));
  std::vector<std::string_view> entries;
  std::vector<ByteTrie::Entry> keys;
  entries.reserve(source.entries.size());
  keys.reserve(source.entries.size());
  model.scores.reserve(source.entries.size());
  double lowest = std::numeric_limits<double>::infinity();
  for (const VocabularySource::Entry& entry : source.entries) {
    const std::string_view text = source.view(entry.begin, entry.size);
    entries.push_back(text);
    const double score = source.scores[entries.size() - 1];
    model.scores.push_back(score);
    lowest = std::min(lowest, score);
    if (!text.empty()) {
      keys.push_back({text, static_cast<int32_t>(entries.size() - 1)});
    }
  }
  if (const auto unknown = json.find("unk_id"); unknown != json.end() && !unknown->is_null()) {
    SEXTANT_TRY(const size_t id,
                count_member(json, "unk_id", static_cast<int64_t>(entries.size()) - 1));
    model.unknown = static_cast<int32_t>(id);
    parts.unknown = model.unknown;
  }
  model.unknown_score = lowest - kUnknownPenalty;
  SEXTANT_TRY(model.vocabulary, Vocabulary::from_list(entries, kVocabulary));
  SEXTANT_TRY(model.trie, ByteTrie::build(keys, kVocabulary));
  for (size_t byte = 0; byte < model.bytes.size(); ++byte) {
    model.bytes[byte] = model.vocabulary.find(format("<0x{:02X}>", byte)).value_or(-1);
  }
  parts.kind = "SentencePiece unigram";
  parts.model = std::make_unique<Unigram>(std::move(model));
  return {};
}

Result<void> add_wordpiece(const Json& json, const VocabularySource& source,
                           TokenizerParts& parts) {
  WordPiece::Parts model;
  SEXTANT_TRY(model.vocabulary, build_vocabulary(source));
  SEXTANT_TRY(const std::string prefix, string_or(json, "continuing_subword_prefix", "##"));
  SEXTANT_TRY(const std::string unknown, string_or(json, "unk_token", "[UNK]"));
  if (json.contains("max_input_chars_per_word")) {
    SEXTANT_TRY(model.max_characters, count_member(json, "max_input_chars_per_word",
                                                   std::numeric_limits<int64_t>::max()));
  }
  std::vector<ByteTrie::Entry> first;
  std::vector<ByteTrie::Entry> inside;
  for (int32_t id = 0; id < model.vocabulary.size(); ++id) {
    const std::string_view entry = model.vocabulary.piece(id);
    if (!entry.empty()) {
      first.push_back({entry, id});
    }
    if (entry.size() > prefix.size() && entry.starts_with(prefix)) {
      inside.push_back({entry.substr(prefix.size()), id});
    }
  }
  SEXTANT_TRY(model.first, ByteTrie::build(first, kVocabulary));
  SEXTANT_TRY(model.inside, ByteTrie::build(inside, kVocabulary));
  model.unknown = model.vocabulary.find(unknown);
  parts.unknown = model.unknown;
  parts.kind = "WordPiece";
  parts.model = std::make_unique<WordPiece>(std::move(model));
  return {};
}

Result<void> add_char_bpe(const Json& json, const VocabularySource& source, TokenizerParts& parts) {
  CharBpeOptions options;
  SEXTANT_TRY(options.middle_prefix, string_or(json, "continuing_subword_prefix", ""));
  SEXTANT_TRY(options.end_suffix, string_or(json, "end_of_word_suffix", ""));
  SEXTANT_TRY(options.byte_fallback, bool_member(json, "byte_fallback", false));
  SEXTANT_TRY(options.fuse_unknown, bool_member(json, "fuse_unk", false));
  SEXTANT_TRY(options.ignore_merges, bool_member(json, "ignore_merges", false));
  SEXTANT_TRY(const std::string unknown, string_or(json, "unk_token", ""));
  SEXTANT_TRY(Vocabulary vocabulary, build_vocabulary(source));
  SEXTANT_TRY(const std::vector<BpeMerges::Rule> rules,
              resolve_merges(source, vocabulary, options.middle_prefix));
  options.byte_letters = parts.byte_level;
  options.unknown = vocabulary.find(unknown);
  parts.unknown = options.unknown;
  parts.kind = parts.byte_level ? "CLIP BPE" : "SentencePiece BPE";
  parts.model =
      std::make_unique<CharBpe>(std::move(vocabulary), BpeMerges(rules), std::move(options));
  return {};
}

Result<void> add_metaspace_decoder(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(std::string mark, metaspace_mark(json));
  SEXTANT_TRY(const Metaspace::Prepend prepend, metaspace_prepend(json));
  return add_decoder_of<MetaspaceDecoder>(parts, std::move(mark),
                                          prepend != Metaspace::Prepend::kNever);
}

Result<void> add_byte_fallback_decoder(const Json&, TokenizerParts& parts) {
  return add_decoder_of<ByteFallbackDecoder>(parts);
}

Result<void> add_fuse_decoder(const Json&, TokenizerParts& parts) {
  return add_decoder_of<FuseDecoder>(parts);
}

Result<void> add_strip_decoder(const Json& json, TokenizerParts& parts) {
  constexpr int64_t kMax = 1024;
  StripDecoder::Options options;
  SEXTANT_TRY(options.character, string_member(json, "content"));
  SEXTANT_TRY(options.at_start, count_member(json, "start", kMax));
  SEXTANT_TRY(options.at_end, count_member(json, "stop", kMax));
  options.text_only =
      std::any_of(parts.decoders.begin(), parts.decoders.end(), [](const auto& decoder) {
        return dynamic_cast<const FuseDecoder*>(decoder.get()) != nullptr;
      });
  if (options.character.empty() || (options.text_only && options.at_end > 0)) {
    return fail(ErrorCode::kUnsupported,
                "[text/hf_json] decoder Strip: expected a character{}, found \"{}\" and {}",
                options.text_only ? " and \"stop\" 0 behind Fuse" : "",
                printable(options.character), options.at_end);
  }
  return add_decoder_of<StripDecoder>(parts, std::move(options));
}

Result<void> add_replace_decoder(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const Pattern pattern, pattern_member(json));
  SEXTANT_TRY(std::string content, string_member(json, "content"));
  SEXTANT_TRY(Regex regex,
              pattern.is_regex ? Regex::compile(pattern.text) : Regex::literal(pattern.text));
  return add_decoder_of<ReplaceDecoder>(parts, Replace(std::move(regex), std::move(content)));
}

Result<void> add_wordpiece_decoder(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(std::string prefix, string_or(json, "prefix", "##"));
  SEXTANT_TRY(const bool cleanup, bool_member(json, "cleanup", true));
  return add_decoder_of<WordPieceDecoder>(parts, std::move(prefix), cleanup);
}

Result<void> add_suffix_decoder(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(std::string suffix, string_or(json, "suffix", "</w>"));
  return add_decoder_of<SuffixDecoder>(parts, std::move(suffix));
}

Result<void> add_bert_processing(const Json& json, TokenizerParts& parts) {
  SEXTANT_TRY(const int32_t cls, token_of(json, "cls"));
  SEXTANT_TRY(const int32_t sep, token_of(json, "sep"));
  parts.frame.before.insert(parts.frame.before.begin(), cls);
  parts.frame.after.push_back(sep);
  return {};
}

}  // namespace sextant::text::hf
