// Text for language models: documents as token ids, end to end, cut into windows.
//
// A document is a file (.txt, or .txt.gz). Fields: input_ids I64 [context]; labels I64 [context],
// the token that comes next, kIgnoredLabel where the next one is in another document or there is
// none; on request segment_ids I64 [context], 0 for the window's first document, 1 for the next
// ..., for attention that stays inside a document. Windows begin every `stride` tokens; what is
// left at the end, less than a window, is left out.
//
// Held-out text is never part of the other half: a split by document takes whole files, a split by
// tail the last part of every document (its first token is predicted from nothing). Memory: a byte
// a token for bytes, four otherwise.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sextant/text/tokenizer.h"
#include "sextant/train/dataset.h"

namespace sextant::train {

enum class TextSplit { kAll, kTraining, kHeldOut };

struct TextOptions {
  // Files, or folders whose .txt and .txt.gz files are taken in the order of their names.
  std::vector<std::filesystem::path> paths = {};
  int64_t context = 256;  // tokens of a window
  int64_t stride = 0;     // 0: `context`
  bool segment_ids = false;
  std::optional<int32_t> end_token = {};  // appended to every document
  TextSplit split = TextSplit::kAll;
  // What is held out: documents of these file names, or (where there is none) that share of the
  // tokens of each document, counted from its end.
  std::vector<std::string> held_out_documents = {};
  double held_out_tail = 0.1;
};

class TextDataset : public Dataset {
 public:
  // `tokenizer`: null for bytes (id = byte, 256 of them); used here only. Errors: those of reading
  // files, kNotFound (no text in a folder, no document of a held-out name), kInvalidArgument
  // (options, less text than one window).
  static Result<std::unique_ptr<TextDataset>> open(const TextOptions& options,
                                                   const text::Tokenizer* tokenizer = nullptr);

  int64_t size() const override { return windows_; }
  const std::vector<FieldSpec>& fields() const override { return fields_; }
  Result<void> read(int64_t index, uint64_t seed,
                    std::span<const std::span<std::byte>> out) const override;

  int64_t tokens() const { return begins_.back(); }
  int64_t documents() const { return static_cast<int64_t>(begins_.size()) - 1; }

 private:
  explicit TextDataset(TextOptions options) : options_(std::move(options)) {}
  Result<void> add_file(const std::filesystem::path& path, const text::Tokenizer* tokenizer);
  bool is_held_out(const std::filesystem::path& path) const;
  int32_t token(int64_t position) const;

  TextOptions options_;
  // One of the two, by the kind of token.
  std::vector<uint8_t> bytes_;
  std::vector<int32_t> ids_;
  bool as_bytes_ = true;
  std::vector<int64_t> begins_ = {0};  // of documents; the last one is the end
  int64_t windows_ = 0;
  std::vector<FieldSpec> fields_;
};

}  // namespace sextant::train
