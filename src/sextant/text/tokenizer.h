// Text to token ids and back, exactly as the reference libraries do it.
//
// A tokenizer is a chain of stages (normaliser, pre-tokeniser, model, post-processor, decoder)
// made from tokenizer.json, a SentencePiece model, or the vocabulary inside a GGUF file. It is
// immutable; encode and decode may be called from several threads.
//
//   SEXTANT_TRY(auto tokenizer, text::Tokenizer::from_hf_json(bytes));
//   std::vector<int32_t> ids = tokenizer.encode("Hello world", {});
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::text {

// Bytes [begin, end) of a text.
struct TextRange {
  size_t begin = 0;
  size_t end = 0;
  bool operator==(const TextRange&) const = default;
};

struct EncodeOptions {
  bool add_special = false;    // what the post-processor adds: BOS, EOS, [CLS], [SEP]
  bool parse_special = false;  // control tokens in the text ("<|im_start|>") become their ids
  // Ascending stretches, none empty, in which parse_special does not hold: a control token that
  // touches one is text. (Control tokens that a tokenizer looks for after normalisation are not
  // covered.)
  std::span<const TextRange> plain = {};
};

// The vocabulary of a GGUF file as its metadata keys give it (tokenizer.ggml.*).
struct GgufVocabulary {
  std::string model;  // "llama", "gpt2", "bert", "t5"
  std::string pre;    // "smollm", "llama-bpe", "qwen2", "gpt-2", ...; may be empty
  std::vector<std::string> tokens;
  std::vector<float> scores;        // may be empty
  std::vector<int32_t> types;       // 1 normal, 2 unknown, 3 control, 4 user, 5 unused, 6 byte
  std::vector<std::string> merges;  // "a b"; BPE only
  std::optional<int32_t> bos, eos, unknown, padding;
  std::optional<bool> add_bos, add_eos, add_space_prefix, remove_extra_whitespaces;
  std::vector<uint8_t> precompiled_charsmap;  // unigram only
};

class Tokenizer {
 public:
  class Impl;

  // tokenizer.json of the Hugging Face tokenizers library: the whole file.
  static Result<Tokenizer> from_hf_json(std::string_view json);
  // A SentencePiece model file (tokenizer.model, spiece.model): BPE or unigram.
  static Result<Tokenizer> from_sentencepiece(std::string_view bytes);
  // llama2.c's tokenizer.bin (tok512.bin), the whole file.
  static Result<Tokenizer> from_llama2c_vocab(std::string_view bytes);
  // CLIP's bpe_simple_vocab_16e6.txt, the whole file unpacked.
  static Result<Tokenizer> from_clip_bpe(std::string_view text);
  // GPT-2's vocab.json and merges.txt, with tokenizer_config.json or "": the whole files.
  static Result<Tokenizer> from_gpt2_files(std::string_view vocab, std::string_view merges,
                                           std::string_view config);
  static Result<Tokenizer> from_gguf(GgufVocabulary vocabulary);

  // Ids of `text`. Any bytes are accepted; invalid UTF-8 is treated as the reference does.
  std::vector<int32_t> encode(std::string_view text, const EncodeOptions& options) const;

  // The text of `ids`. Unknown ids give nothing. Special tokens are left out unless asked for.
  std::string decode(std::span<const int32_t> ids, bool keep_special = false) const;

  // The raw bytes that one token adds behind others; empty for special tokens. Streaming code
  // joins them and cuts at UTF-8 borders (base/utf8.h).
  std::string token_bytes(int32_t id) const;

  // The entry as the vocabulary writes it ("Ġthe", "▁the"), or "" where there is none.
  std::string_view piece(int32_t id) const;
  std::optional<int32_t> id_of(std::string_view piece) const;
  bool is_special(int32_t id) const;

  int32_t vocab_size() const;
  std::optional<int32_t> bos() const;
  std::optional<int32_t> eos() const;
  std::optional<int32_t> unknown() const;
  // "byte-level BPE", "SentencePiece BPE", "SentencePiece unigram", "WordPiece", "CLIP BPE".
  std::string_view kind() const;

  explicit Tokenizer(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace sextant::text
