// GPT-2's tokenizer in the files it was published with, vocab.json and merges.txt. Folders of GPT-2
// and OPT have these and often no tokenizer.json, which counts where it is there.
#pragma once

#include <string_view>

#include "sextant/base/error.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text {

// The whole files; `config` is tokenizer_config.json or "". It tells the control tokens (bos_token,
// eos_token, unk_token, pad_token: those that are entries count; <|endoftext|> where it says
// nothing), add_prefix_space, and add_bos_token: what add_special puts before the text (OPT).
// Errors: kDataLoss (not such files; a merge whose parts or result are no entries), kOutOfRange
// (ids, 64 MB a file), kUnsupported (add_eos_token).
Result<TokenizerParts> parts_from_gpt2_files(std::string_view vocab, std::string_view merges,
                                             std::string_view config);

}  // namespace sextant::text
