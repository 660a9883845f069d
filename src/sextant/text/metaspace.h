// The pre-tokeniser Metaspace: spaces become "▁", one is put before the text, and each "▁" begins
// a piece.
//
// Immutable, thread-safe; linear in the text.
#pragma once

#include <string>
#include <utility>

#include "sextant/text/pre_tokenizer.h"

namespace sextant::text {

class Metaspace final : public PreTokenizer {
 public:
  enum class Prepend { kAlways, kFirst, kNever };  // kFirst: only where the input begins

  Metaspace(std::string replacement, Prepend prepend, bool split)
      : replacement_(std::move(replacement)), prepend_(prepend), split_(split) {}

  void apply(Pieces& pieces) const override;

 private:
  std::string replacement_;
  Prepend prepend_;
  bool split_;
};

}  // namespace sextant::text
