// CLIP's tokenizer from the file that OpenAI published, bpe_simple_vocab_16e6.txt.
#pragma once

#include <string_view>

#include "sextant/base/error.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text {

// The unpacked text: a line that is skipped, then one merge a line. Only as many are used as make
// the 49,408 entries of the published models. Text is composed (NFC), white space is one space,
// letters are lower case; add_special puts <|startoftext|> and <|endoftext|> around it. Errors:
// kDataLoss for too few lines or a line that is not two parts known before it.
Result<TokenizerParts> parts_from_clip_bpe(std::string_view text);

}  // namespace sextant::text
