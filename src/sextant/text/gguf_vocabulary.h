// Tokenizers from the vocabulary inside a GGUF file: one maker for each tokenizer.ggml.model, in
// the file of its kind. Used by Tokenizer::from_gguf only.
//
// Errors of all: kUnsupported (a pre-tokeniser that nothing here knows), kDataLoss (lists whose
// lengths disagree, ids outside).
#pragma once

#include <vector>

#include "sextant/base/error.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text {

// Entries of type control (special) and user-defined become added tokens, as llama.cpp has it.
std::vector<AddedToken> added_tokens_of(const GgufVocabulary& vocabulary);

// Sets bos, eos, unknown and the frame that add_bos and add_eos ask for (absent: none).
void apply_gguf_specials(const GgufVocabulary& vocabulary, TokenizerParts& parts);

// "gpt2": byte-level BPE.
Result<TokenizerParts> parts_from_gguf_bpe(GgufVocabulary vocabulary);

}  // namespace sextant::text
