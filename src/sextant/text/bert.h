// BERT's own stages, and its vocabulary in GGUF files. The rest of a BERT tokenizer is made of
// general ones: NFD, Lowercase, splits at white space and punctuation, WordPiece.
//
// Immutable, thread-safe; linear in the text.
#pragma once

#include <string>

#include "sextant/base/error.h"
#include "sextant/text/normalizer.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text {

// clean_text: control characters go, white space becomes a space. handle_chinese_chars: a space on
// both sides of each CJK ideograph.
class BertCleaner final : public Normalizer {
 public:
  BertCleaner(bool clean_text, bool split_ideographs)
      : clean_text_(clean_text), split_ideographs_(split_ideographs) {}
  void apply(std::string& text) const override;

 private:
  bool clean_text_;
  bool split_ideographs_;
};

// Removes the nonspacing marks of decomposed text.
class BertAccents final : public Normalizer {
 public:
  void apply(std::string& text) const override;
};

struct BertOptions {
  bool clean_text = true;
  bool split_ideographs = true;
  bool strip_accents = true;
  bool lowercase = true;
};

// Appends BertNormalizer's stages, and BertPreTokenizer's.
void add_bert_normalizers(const BertOptions& options, TokenizerParts& parts);
void add_bert_pre_tokenizers(TokenizerParts& parts);

// GGUF vocabularies of model "bert", uncased: "▁" marks entries that begin a word. [CLS] and [SEP]
// are put around a text. Errors: kDataLoss (an entry twice), kOutOfRange.
Result<TokenizerParts> parts_from_gguf_bert(GgufVocabulary vocabulary);

}  // namespace sextant::text
