// First stage: rewrites a stretch of text before it is split (NFC, lower case, "▁" for spaces).
//
// Immutable and thread-safe. Any bytes may come in; a normaliser leaves bytes that are not UTF-8
// as they are unless the reference says otherwise.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sextant::text {

class Normalizer {
 public:
  virtual ~Normalizer() = default;

  virtual void apply(std::string& text) const = 0;
};

using Normalizers = std::vector<std::unique_ptr<Normalizer>>;  // applied in order

inline void normalize(const Normalizers& normalizers, std::string& text) {
  for (const auto& normalizer : normalizers) {
    normalizer->apply(text);
  }
}

}  // namespace sextant::text
