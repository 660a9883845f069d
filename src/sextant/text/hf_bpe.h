// The model "BPE" of a tokenizer.json: what its byte-level and its character form share.
#pragma once

#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/json.h"
#include "sextant/text/bpe_merges.h"
#include "sextant/text/hf_vocabulary.h"
#include "sextant/text/tokenizer_parts.h"
#include "sextant/text/vocabulary.h"

namespace sextant::text::hf {

// The model BPE; which form it is follows from the pre-tokenisers in `parts`.
Result<void> add_bpe(const Json& json, const VocabularySource& source, TokenizerParts& parts);

// Errors of both: kDataLoss (an entry twice, a merge whose parts or result are no entries),
// kOutOfRange (ids).
Result<Vocabulary> build_vocabulary(const VocabularySource& source);
// `prefix`: continuing_subword_prefix, which the right part loses in the result.
Result<std::vector<BpeMerges::Rule>> resolve_merges(const VocabularySource& source,
                                                    const Vocabulary& vocabulary,
                                                    std::string_view prefix = "");

}  // namespace sextant::text::hf
