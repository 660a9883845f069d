#include "sextant/train/classification_dataset.h"

#include <algorithm>
#include <string>

#include "sextant/io/gzip.h"

namespace sextant::train {
namespace {

Result<int32_t> padding_of(const ClassificationOptions& options, const text::Tokenizer& tokenizer) {
  for (const auto& id : {options.padding, tokenizer.id_of("[PAD]"), tokenizer.id_of("<pad>")}) {
    if (id) {
      return *id;
    }
  }
  return fail(ErrorCode::kInvalidArgument,
              "[train/classification] padding: the tokenizer has no [PAD] or <pad>, name an id");
}

// The ids of `text` within `most`. The tokens that the tokenizer adds are those around the ids that
// the text has alone.
std::vector<int32_t> encode_within(const text::Tokenizer& tokenizer, std::string_view text,
                                   size_t most, bool& truncated) {
  std::vector<int32_t> ids = tokenizer.encode(text, {.add_special = true});
  truncated = ids.size() > most;
  if (!truncated) {
    return ids;
  }
  const std::vector<int32_t> plain = tokenizer.encode(text, {});
  const auto inner = std::search(ids.begin(), ids.end(), plain.begin(), plain.end());
  const size_t added = ids.size() - plain.size();
  // What does not fit `most` at all is cut from the end, added tokens included.
  const size_t kept = most > added ? most - added : 0;
  ids.erase(inner + static_cast<int64_t>(kept), inner + static_cast<int64_t>(plain.size()));
  ids.resize(std::min(ids.size(), most));
  return ids;
}

}  // namespace

Result<std::unique_ptr<ClassificationDataset>> ClassificationDataset::open(
    const ClassificationOptions& options, const text::Tokenizer& tokenizer) {
  constexpr int64_t kMostLength = 1 << 20;
  if (options.max_length < 1 || options.max_length > kMostLength) {
    return fail(ErrorCode::kInvalidArgument,
                "[train/classification] max_length: expected 1 to {}, found {}", kMostLength,
                options.max_length);
  }
  std::unique_ptr<ClassificationDataset> set(new ClassificationDataset);
  SEXTANT_TRY(set->padding_, padding_of(options, tokenizer));
  set->classes_ =
      std::max(options.classes, static_cast<int64_t>(options.columns.label_names.size()));
  SEXTANT_TRY(const io::UnpackedFile file, io::UnpackedFile::open(options.file));
  std::string name = options.file.filename().string();
  if (name.ends_with(".gz")) {
    name.resize(name.size() - 3);
  }
  const auto row = [&](std::string_view text, int64_t label) {
    return set->add(text, label, tokenizer, options);
  };
  const std::string where = options.file.string();
  if (name.ends_with(".tsv")) {
    SEXTANT_TRY_VOID(read_labelled_tsv(file.text(), options.columns, where, row));
  } else if (name.ends_with(".jsonl")) {
    SEXTANT_TRY_VOID(read_labelled_jsonl(file.text(), options.columns, where, row));
  } else {
    return fail(ErrorCode::kUnsupported,
                "[train/classification] expected a name that ends with .tsv or .jsonl (or .gz of "
                "them), found \"{}\"",
                where);
  }
  if (set->labels_.empty()) {
    return fail(ErrorCode::kDataLoss, "[train/classification] expected rows, found none ({})",
                where);
  }
  set->fields_ = {{"input_ids", DType::kI64, {options.max_length}},
                  {"attention_mask", DType::kI64, {options.max_length}},
                  {"labels", DType::kI64, {}}};
  return set;
}

Result<void> ClassificationDataset::add(std::string_view text, int64_t label,
                                        const text::Tokenizer& tokenizer,
                                        const ClassificationOptions& options) {
  const bool bounded = options.classes > 0 || !options.columns.label_names.empty();
  if (bounded && label >= classes_) {
    return fail(ErrorCode::kDataLoss,
                "[train/classification] row {}: label: expected 0 to {}, found {} ({})",
                labels_.size(), classes_ - 1, label, options.file.string());
  }
  classes_ = std::max(classes_, label == kIgnoredLabel ? 0 : label + 1);
  bool cut = false;
  const auto ids = encode_within(tokenizer, text, static_cast<size_t>(options.max_length), cut);
  truncated_ += cut ? 1 : 0;
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  begins_.push_back(ids_.size());
  labels_.push_back(label);
  return {};
}

Result<void> ClassificationDataset::read(int64_t index, uint64_t,
                                         std::span<const std::span<std::byte>> out) const {
  SEXTANT_CHECK(index >= 0 && index < size(), "sample {} of {}", index, size());
  const auto at = static_cast<size_t>(index);
  const auto ids = std::span(ids_).subspan(begins_[at], begins_[at + 1] - begins_[at]);
  const auto input = as_values<int64_t>(out[0]);
  const auto mask = as_values<int64_t>(out[1]);
  std::copy(ids.begin(), ids.end(), input.begin());
  std::fill(input.begin() + static_cast<int64_t>(ids.size()), input.end(), padding_);
  std::fill(mask.begin(), mask.end(), 0);
  std::fill_n(mask.begin(), ids.size(), 1);
  as_values<int64_t>(out[2])[0] = labels_[at];
  return {};
}

}  // namespace sextant::train
