// Components of tokenizer.json that Llama, T5 and BERT use: their makers, for the tables of
// hf_normalizers.cc and its neighbours.
#pragma once

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/text/hf_vocabulary.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text::hf {

// Normalisers.
Result<void> add_precompiled(const Json& json, TokenizerParts& parts);
Result<void> add_bert_normalizer(const Json& json, TokenizerParts& parts);

// Pre-tokenisers.
Result<void> add_metaspace(const Json& json, TokenizerParts& parts);
Result<void> add_bert_pre_tokenizer(const Json& json, TokenizerParts& parts);

// Models.
Result<void> add_unigram(const Json& json, const VocabularySource& source, TokenizerParts& parts);
Result<void> add_wordpiece(const Json& json, const VocabularySource& source, TokenizerParts& parts);
// BPE without ByteLevel, or with marks for the middle or the end of words.
Result<void> add_char_bpe(const Json& json, const VocabularySource& source, TokenizerParts& parts);

// Decoders.
Result<void> add_metaspace_decoder(const Json& json, TokenizerParts& parts);
Result<void> add_byte_fallback_decoder(const Json& json, TokenizerParts& parts);
Result<void> add_fuse_decoder(const Json& json, TokenizerParts& parts);
Result<void> add_strip_decoder(const Json& json, TokenizerParts& parts);
Result<void> add_replace_decoder(const Json& json, TokenizerParts& parts);
Result<void> add_wordpiece_decoder(const Json& json, TokenizerParts& parts);
Result<void> add_suffix_decoder(const Json& json, TokenizerParts& parts);

// The post-processors BertProcessing and RobertaProcessing: [CLS] text [SEP].
Result<void> add_bert_processing(const Json& json, TokenizerParts& parts);

}  // namespace sextant::text::hf
