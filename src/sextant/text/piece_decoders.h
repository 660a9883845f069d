// Decoders that turn the marks of entries back into text: "▁", "<0x0A>", "##", "</w>".
//
// Immutable, thread-safe. Each sees one token and whether it is the first; what the reference does
// at the last token (the space that "</w>" leaves behind it) is therefore not undone here.
#pragma once

#include <string>
#include <utility>

#include "sextant/text/decoder.h"
#include "sextant/text/string_normalizers.h"

namespace sextant::text {

// SentencePiece: byte pieces become bytes, "▁" a space; the space before the text goes where
// `strip_first`.
class SentencePieceDecoder final : public Decoder {
 public:
  explicit SentencePieceDecoder(bool strip_first) : strip_first_(strip_first) {}
  void apply(std::string& token, bool first) const override;

 private:
  bool strip_first_;
};

// Metaspace: a space for each mark; none for those of the first token where `strip_first`.
class MetaspaceDecoder final : public Decoder {
 public:
  MetaspaceDecoder(std::string mark, bool strip_first)
      : mark_(std::move(mark)), strip_first_(strip_first) {}
  void apply(std::string& token, bool first) const override;

 private:
  std::string mark_;
  bool strip_first_;
};

// ByteFallback: "<0x41>" becomes the byte, other tokens stay.
class ByteFallbackDecoder final : public Decoder {
 public:
  void apply(std::string& token, bool first) const override;
};

// Fuse: nothing by itself; stages behind it see the text as one token.
class FuseDecoder final : public Decoder {
 public:
  void apply(std::string&, bool) const override {}
};

// Strip: at most so many characters at the ends of a token, or of the text only.
class StripDecoder final : public Decoder {
 public:
  struct Options {
    std::string character = {};
    size_t at_start = 0;
    size_t at_end = 0;
    bool text_only = false;  // behind Fuse: the ends of the whole text
  };
  explicit StripDecoder(Options options) : options_(std::move(options)) {}
  void apply(std::string& token, bool first) const override;

 private:
  Options options_;
};

// Replace: the matches of a pattern within a token.
class ReplaceDecoder final : public Decoder {
 public:
  explicit ReplaceDecoder(Replace replace) : replace_(std::move(replace)) {}
  void apply(std::string& token, bool first) const override;

 private:
  Replace replace_;
};

// WordPiece: a space before each token without the mark of a middle; `cleanup` draws punctuation
// and English contractions to the word before.
class WordPieceDecoder final : public Decoder {
 public:
  WordPieceDecoder(std::string mark, bool cleanup) : mark_(std::move(mark)), cleanup_(cleanup) {}
  void apply(std::string& token, bool first) const override;

 private:
  std::string mark_;
  bool cleanup_;
};

// BPEDecoder: a space for the mark of a word's end.
class SuffixDecoder final : public Decoder {
 public:
  explicit SuffixDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  void apply(std::string& token, bool first) const override;

 private:
  std::string suffix_;
};

}  // namespace sextant::text
