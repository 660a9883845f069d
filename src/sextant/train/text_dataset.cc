#include "sextant/train/text_dataset.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <system_error>

#include "sextant/io/gzip.h"

namespace sextant::train {
namespace {

namespace fs = std::filesystem;

bool is_text(const fs::path& path) {
  const std::string name = path.filename().string();
  return !name.starts_with('.') && (name.ends_with(".txt") || name.ends_with(".txt.gz"));
}

// The files that a path stands for.
Result<std::vector<fs::path>> files_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return std::vector{path};
  }
  std::vector<fs::path> files;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    if (is_text(it->path())) {
      files.push_back(it->path());
    }
  }
  if (error) {
    return fail(ErrorCode::kIo, "[train/text] {}: {}", path.string(), error.message());
  }
  if (files.empty()) {
    return fail(ErrorCode::kNotFound, "[train/text] {}: expected .txt or .txt.gz files, found none",
                path.string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Failure bad_option(std::string_view name, std::string_view expected, std::string_view found) {
  return fail(ErrorCode::kInvalidArgument, "[train/text] {}: expected {}, found {}", name, expected,
              found);
}

Result<void> check(const TextOptions& options, bool as_bytes) {
  constexpr int64_t kMostContext = int64_t{1} << 24;
  if (options.context < 1 || options.context > kMostContext) {
    return bad_option("context", format("1 to {} tokens", kMostContext),
                      std::to_string(options.context));
  }
  if (options.stride < 0) {
    return bad_option("stride", "0 or more tokens", std::to_string(options.stride));
  }
  if (!(options.held_out_tail >= 0 && options.held_out_tail <= 1)) {
    return bad_option("held_out_tail", "a share of 0 to 1", format("{}", options.held_out_tail));
  }
  if (options.end_token && (*options.end_token < 0 || (as_bytes && *options.end_token > 255))) {
    return bad_option("end_token", as_bytes ? "a byte" : "a token id",
                      std::to_string(*options.end_token));
  }
  if (options.paths.empty()) {
    return bad_option("paths", "files or folders", "none");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<TextDataset>> TextDataset::open(const TextOptions& options,
                                                       const text::Tokenizer* tokenizer) {
  SEXTANT_TRY_VOID(check(options, tokenizer == nullptr));
  std::unique_ptr<TextDataset> set(new TextDataset(options));
  set->as_bytes_ = tokenizer == nullptr;
  std::set<std::string> unseen(options.held_out_documents.begin(),
                               options.held_out_documents.end());
  for (const fs::path& path : options.paths) {
    SEXTANT_TRY(const auto files, files_of(path));
    for (const fs::path& file : files) {
      unseen.erase(file.filename().string());
      SEXTANT_TRY_VOID(set->add_file(file, tokenizer));
    }
  }
  if (!unseen.empty()) {
    return fail(ErrorCode::kNotFound, "[train/text] held_out_documents: no file is named \"{}\"",
                *unseen.begin());
  }
  const int64_t stride = options.stride != 0 ? options.stride : options.context;
  if (set->tokens() < options.context) {
    return bad_option("text", format("at least one window of {} tokens", options.context),
                      format("{} tokens in {} documents", set->tokens(), set->documents()));
  }
  set->options_.stride = stride;
  set->windows_ = (set->tokens() - options.context) / stride + 1;
  set->fields_ = {{"input_ids", DType::kI64, {options.context}},
                  {"labels", DType::kI64, {options.context}}};
  if (options.segment_ids) {
    set->fields_.push_back({"segment_ids", DType::kI64, {options.context}});
  }
  return set;
}

bool TextDataset::is_held_out(const fs::path& path) const {
  const auto& names = options_.held_out_documents;
  return std::find(names.begin(), names.end(), path.filename().string()) != names.end();
}

Result<void> TextDataset::add_file(const fs::path& path, const text::Tokenizer* tokenizer) {
  const bool whole = options_.split == TextSplit::kAll || !options_.held_out_documents.empty();
  if (options_.split != TextSplit::kAll && whole &&
      is_held_out(path) != (options_.split == TextSplit::kHeldOut)) {
    return {};
  }
  SEXTANT_TRY(const io::UnpackedFile file, io::UnpackedFile::open(path));
  const auto keep = [&](auto& all, auto document) {
    if (options_.end_token && !document.empty()) {
      document.push_back(static_cast<typename decltype(document)::value_type>(*options_.end_token));
    }
    const auto tail =
        whole ? 0 : std::llround(static_cast<double>(document.size()) * options_.held_out_tail);
    const auto border = document.end() - tail;
    const bool held_out = options_.split == TextSplit::kHeldOut && !whole;
    all.insert(all.end(), held_out ? border : document.begin(), held_out ? document.end() : border);
    if (static_cast<int64_t>(all.size()) > begins_.back()) {
      begins_.push_back(static_cast<int64_t>(all.size()));
    }
  };
  if (tokenizer == nullptr) {
    keep(bytes_, std::vector<uint8_t>(file.text().begin(), file.text().end()));
  } else {
    keep(ids_, tokenizer->encode(file.text(), {}));
  }
  return {};
}

int32_t TextDataset::token(int64_t position) const {
  const auto at = static_cast<size_t>(position);
  return as_bytes_ ? int32_t{bytes_[at]} : ids_[at];
}

Result<void> TextDataset::read(int64_t index, uint64_t,
                               std::span<const std::span<std::byte>> out) const {
  SEXTANT_CHECK(index >= 0 && index < size(), "sample {} of {}", index, size());
  const int64_t begin = index * options_.stride;
  const auto ids = as_values<int64_t>(out[0]);
  const auto labels = as_values<int64_t>(out[1]);
  const auto segments = options_.segment_ids ? as_values<int64_t>(out[2]) : std::span<int64_t>{};
  // The end of the document that `begin` lies in.
  auto end = std::upper_bound(begins_.begin(), begins_.end(), begin);
  int64_t segment = 0;
  for (int64_t i = 0; i < options_.context; ++i) {
    const auto at = static_cast<size_t>(i);
    const int64_t position = begin + i;
    if (position == *end) {
      ++end;
      ++segment;
    }
    ids[at] = token(position);
    labels[at] = position + 1 < *end ? token(position + 1) : kIgnoredLabel;
    if (!segments.empty()) {
      segments[at] = segment;
    }
  }
  return {};
}

}  // namespace sextant::train
