// The whole tokenizer.json: limits, the flat vocabulary, added tokens, and the sections in order.
// Tokenizer::from_hf_json is its only caller besides tests.
#pragma once

#include <string_view>

#include "sextant/base/error.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text::hf {

// Errors: kDataLoss (not such a file), kOutOfRange (a limit: 64 MB, depth 64, 2 M entries),
// kUnsupported (a component that nothing here handles; the message names it).
Result<TokenizerParts> read_tokenizer_json(std::string_view text);

}  // namespace sextant::text::hf
