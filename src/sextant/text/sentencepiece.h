// Tokenizers of the SentencePiece kind, from each file that holds one. Used by
// Tokenizer::from_sentencepiece, from_llama2c_vocab and from_gguf.
//
// add_special puts the begin token before the text where the model has one, else the end token
// behind it (as Llama and T5 want it); a GGUF file says so itself.
#pragma once

#include <string_view>

#include "sextant/base/error.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text {

// tokenizer.model, spiece.model. Errors: kDataLoss, kOutOfRange (sentencepiece_proto.h);
// kUnsupported for the word and character models.
Result<TokenizerParts> parts_from_sentencepiece(std::string_view bytes);

// llama2.c's tokenizer.bin: a length, then score, size and text of each piece. Pieces 0 to 2 are
// unknown, begin and end, 3 to 258 the bytes. Errors: kDataLoss, kOutOfRange.
Result<TokenizerParts> parts_from_llama2c(std::string_view bytes);

// GGUF vocabularies of model "llama" (BPE) and "t5" (unigram). Errors: kDataLoss for lists whose
// lengths disagree and types outside 1 to 6.
Result<TokenizerParts> parts_from_gguf_llama(GgufVocabulary vocabulary);
Result<TokenizerParts> parts_from_gguf_t5(GgufVocabulary vocabulary);

}  // namespace sextant::text
