// The stages that a loader has made, on their way into a Tokenizer. Used by loaders only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sextant/text/added_tokens.h"
#include "sextant/text/decoder.h"
#include "sextant/text/model.h"
#include "sextant/text/normalizer.h"
#include "sextant/text/post_processor.h"
#include "sextant/text/pre_tokenizer.h"
#include "sextant/text/tokenizer.h"

namespace sextant::text {

struct TokenizerParts {
  std::string kind;  // as Tokenizer::kind() says
  Normalizers normalizers;
  PreTokenizers pre_tokenizers;
  std::unique_ptr<Model> model;  // never null
  Decoders decoders;
  std::vector<AddedToken> added;
  SpecialFrame frame;
  std::optional<int32_t> bos, eos, unknown;
  double growth = 1;        // bytes that normalisers may make of one: a limit on hostile files
  bool byte_level = false;  // the pre-tokenisers end in ByteLevel: the model sees bytes
};

// Errors: those of AddedTokens::build, and kOutOfRange where an id of `frame`, bos, eos or unknown
// is outside the vocabulary.
Result<Tokenizer> make_tokenizer(TokenizerParts parts);

}  // namespace sextant::text
