#include "sextant/text/bert.h"

#include <memory>
#include <utility>

#include "sextant/base/utf8.h"
#include "sextant/text/gguf_vocabulary.h"
#include "sextant/text/piece_decoders.h"
#include "sextant/text/sentencepiece_vocabulary.h"
#include "sextant/text/splitters.h"
#include "sextant/text/string_normalizers.h"
#include "sextant/text/unicode.h"
#include "sextant/text/wordpiece.h"

namespace sextant::text {
namespace {

// The blocks that BERT takes for Chinese, with the reference's own bounds.
bool is_ideograph(uint32_t code) {
  constexpr uint32_t kBlocks[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF},
                                     {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF},
                                     {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
  for (const auto& block : kBlocks) {
    if (code >= block[0] && code <= block[1]) {
      return true;
    }
  }
  return false;
}

Result<ByteTrie> trie_of(std::vector<ByteTrie::Entry> entries) {
  return ByteTrie::build(entries, "[text/gguf] tokenizer.ggml.tokens");
}

}  // namespace

void BertCleaner::apply(std::string& text) const {
  const ClassTable classes = class_table();
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = decode_utf8(text, i);
    const uint16_t flags = classes[point.value];
    const std::string_view bytes = std::string_view(text).substr(i, point.length);
    i += point.length;
    if (clean_text_ && (flags & char_class::kBertRemoved) != 0) {
      continue;
    }
    if (clean_text_ && (flags & char_class::kSpace) != 0) {
      out.push_back(' ');
    } else if (split_ideographs_ && is_ideograph(point.value)) {
      out.append(" ").append(bytes).append(" ");
    } else {
      out.append(bytes);
    }
  }
  text = std::move(out);
}

void BertAccents::apply(std::string& text) const {
  const ClassTable classes = class_table();
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = decode_utf8(text, i);
    if ((classes[point.value] & char_class::kBertAccent) == 0) {
      out.append(text, i, point.length);
    }
    i += point.length;
  }
  text = std::move(out);
}

void add_bert_normalizers(const BertOptions& options, TokenizerParts& parts) {
  if (options.clean_text || options.split_ideographs) {
    parts.normalizers.push_back(
        std::make_unique<BertCleaner>(options.clean_text, options.split_ideographs));
  }
  if (options.strip_accents) {
    parts.normalizers.push_back(std::make_unique<UnicodeNormalizer>(UnicodeForm::kNfd));
    parts.normalizers.push_back(std::make_unique<BertAccents>());
  }
  if (options.lowercase) {
    parts.normalizers.push_back(std::make_unique<Lowercase>());
  }
}

void add_bert_pre_tokenizers(TokenizerParts& parts) {
  parts.pre_tokenizers.push_back(
      std::make_unique<ClassSplit>(char_class::kSpace, SplitBehavior::kRemoved));
  parts.pre_tokenizers.push_back(
      std::make_unique<ClassSplit>(char_class::kPunctuation, SplitBehavior::kIsolated));
}

Result<TokenizerParts> parts_from_gguf_bert(GgufVocabulary source) {
  WordPiece::Parts model;
  SEXTANT_TRY(model.vocabulary, Vocabulary::from_list(source.tokens, "tokenizer.ggml.tokens"));
  std::vector<ByteTrie::Entry> first;
  std::vector<ByteTrie::Entry> inside;
  for (int32_t id = 0; id < model.vocabulary.size(); ++id) {
    std::string_view entry = model.vocabulary.piece(id);
    // Of entries that come twice the last counts, as in the vocabulary.
    if (model.vocabulary.find(entry) != id || entry == kSpaceSymbol) {
      continue;
    }
    const bool begins = entry.starts_with(kSpaceSymbol);
    entry.remove_prefix(begins ? kSpaceSymbol.size() : 0);
    (begins ? first : inside).push_back({entry, id});
  }
  SEXTANT_TRY(model.first, trie_of(std::move(first)));
  SEXTANT_TRY(model.inside, trie_of(std::move(inside)));
  const Vocabulary& vocabulary = model.vocabulary;
  source.bos = source.bos ? source.bos : vocabulary.find("[CLS]");
  source.eos = source.eos ? source.eos : vocabulary.find("[SEP]");
  source.unknown = source.unknown ? source.unknown : vocabulary.find("[UNK]");
  source.add_bos = source.add_bos.value_or(true);
  source.add_eos = source.add_eos.value_or(true);
  model.unknown = source.unknown;

  TokenizerParts parts;
  parts.kind = "WordPiece";
  add_bert_normalizers({}, parts);
  add_bert_pre_tokenizers(parts);
  parts.model = std::make_unique<WordPiece>(std::move(model));
  parts.decoders.push_back(std::make_unique<SentencePieceDecoder>(true));
  parts.added = added_tokens_of(source);
  apply_gguf_specials(source, parts);
  return parts;
}

}  // namespace sextant::text
