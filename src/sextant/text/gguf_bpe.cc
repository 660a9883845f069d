#include <utility>

#include "sextant/text/byte_alphabet.h"
#include "sextant/text/byte_bpe.h"
#include "sextant/text/gguf_vocabulary.h"
#include "sextant/text/splitters.h"
#include "sextant/text/string_normalizers.h"
#include "sextant/text/unicode.h"

namespace sextant::text {
namespace {

struct Preset {
  std::string_view pre;
  SplitPattern pattern;
  bool digits;         // each digit a piece before the pattern is applied
  bool compose;        // NFC first
  bool ignore_merges;  // as ByteBpeOptions
};

// One line a value of tokenizer.ggml.pre; without one, writers meant GPT-2.
constexpr Preset kPresets[] = {
    {"", SplitPattern::kGpt2, false, false, false},
    {"default", SplitPattern::kGpt2, false, false, false},
    {"gpt-2", SplitPattern::kGpt2, false, false, false},
    {"smollm", SplitPattern::kGpt2, true, false, false},
    {"llama-bpe", SplitPattern::kLlama3, false, false, true},
    {"llama3", SplitPattern::kLlama3, false, false, true},
    {"qwen2", SplitPattern::kQwen2, false, true, false},
};

Result<Preset> preset_of(std::string_view pre) {
  for (const Preset& preset : kPresets) {
    if (preset.pre == pre) {
      return preset;
    }
  }
  return fail(ErrorCode::kUnsupported, "[text/gguf] tokenizer.ggml.pre: no support for \"{}\"",
              pre.substr(0, 80));
}

Result<std::vector<BpeMerges::Rule>> rules_of(const GgufVocabulary& source,
                                              const Vocabulary& vocabulary) {
  std::vector<BpeMerges::Rule> rules;
  rules.reserve(source.merges.size());
  for (const std::string& merge : source.merges) {
    const size_t space = merge.find(' ', 1);
    const std::string_view text(merge);
    if (space == std::string::npos) {
      return fail(ErrorCode::kDataLoss,
                  "[text/gguf] tokenizer.ggml.merges entry {}: expected \"a b\", found \"{}\"",
                  rules.size(), text.substr(0, 80));
    }
    const auto left = vocabulary.find(text.substr(0, space));
    const auto right = vocabulary.find(text.substr(space + 1));
    const auto merged = vocabulary.find(merge.substr(0, space) + merge.substr(space + 1));
    if (!left || !right || !merged) {
      return fail(ErrorCode::kDataLoss,
                  "[text/gguf] tokenizer.ggml.merges entry {}: expected parts and result in the "
                  "vocabulary, found \"{}\"",
                  rules.size(), text.substr(0, 80));
    }
    rules.push_back({*left, *right, *merged});
  }
  return rules;
}

}  // namespace

Result<TokenizerParts> parts_from_gguf_bpe(GgufVocabulary source) {
  SEXTANT_TRY(const Preset preset, preset_of(source.pre));
  SEXTANT_TRY(Vocabulary vocabulary, Vocabulary::from_list(source.tokens, "tokenizer.ggml.tokens"));
  SEXTANT_TRY(const std::vector<BpeMerges::Rule> rules, rules_of(source, vocabulary));
  TokenizerParts parts;
  parts.kind = "byte-level BPE";
  parts.byte_level = true;
  if (preset.compose) {
    parts.normalizers.push_back(std::make_unique<UnicodeNormalizer>(UnicodeForm::kNfc));
  }
  if (preset.digits) {
    parts.pre_tokenizers.push_back(
        std::make_unique<ClassSplit>(char_class::kNumeric, SplitBehavior::kIsolated));
  }
  parts.pre_tokenizers.push_back(std::make_unique<ScannerSplit>(preset.pattern));
  ByteBpeOptions options;
  options.ignore_merges = preset.ignore_merges;
  // Without an unknown token: bytes that the vocabulary lacks (SmolLM2's lacks a few) vanish, as
  // in the reference, though the file names one.
  parts.model = std::make_unique<ByteBpe>(std::move(vocabulary), BpeMerges(rules), options);
  parts.decoders.push_back(make_byte_level_decoder());
  parts.added = added_tokens_of(source);
  // Llama 3 wants its begin token even where the file does not say so.
  source.add_bos = source.add_bos.value_or(preset.pattern == SplitPattern::kLlama3);
  apply_gguf_specials(source, parts);
  return parts;
}

}  // namespace sextant::text
