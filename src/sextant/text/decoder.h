// Last stage: what each token adds to the text ("Ġthe" -> " the", "<0x0A>" -> a line feed).
//
// The reference decoders work on a list of tokens; all supported ones act on each token alone,
// knowing only whether it is the first, so the tokenizer applies them once to its whole vocabulary
// and decoding is copying. Immutable and thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sextant::text {

class Decoder {
 public:
  virtual ~Decoder() = default;

  // `token` comes as the vocabulary writes it, or as the decoder before this one left it.
  // `first`: it begins the text.
  virtual void apply(std::string& token, bool first) const = 0;
};

using Decoders = std::vector<std::unique_ptr<Decoder>>;  // applied in order

}  // namespace sextant::text
