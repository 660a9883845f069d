// Normalisers that need no vocabulary: Unicode forms, case, white space, replacement.
//
// Immutable and thread-safe; linear time (Replace with a regular expression: the budget of
// regex.h). They agree with the reference library also where its Unicode data are older than ours.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "sextant/text/normalizer.h"
#include "sextant/text/regex.h"

namespace sextant::text {

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

class UnicodeNormalizer final : public Normalizer {
 public:
  explicit UnicodeNormalizer(UnicodeForm form) : form_(form) {}
  void apply(std::string& text) const override;

 private:
  UnicodeForm form_;
};

// Code point by code point, without regard to language or place.
class Lowercase final : public Normalizer {
 public:
  void apply(std::string& text) const override;
};

// Removes white space at the ends.
class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void apply(std::string& text) const override;

 private:
  bool left_;
  bool right_;
};

// Removes combining marks; decomposes nothing.
class StripAccents final : public Normalizer {
 public:
  void apply(std::string& text) const override;
};

// Puts a text before any that is not empty.
class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  void apply(std::string& text) const override;

 private:
  std::string prefix_;
};

class Replace final : public Normalizer {
 public:
  Replace(Regex pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void apply(std::string& text) const override;

 private:
  Regex pattern_;
  std::string content_;
};

}  // namespace sextant::text
