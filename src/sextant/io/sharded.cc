#include "sextant/io/sharded.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "sextant/base/json.h"
#include "sextant/io/open_tensors.h"
#include "sextant/io/safetensors.h"

namespace sextant::io {
namespace {

template <class... Args>
Failure breach(std::string_view index, ErrorCode code, std::string_view pattern,
               const Args&... args) {
  return fail(code, "[io/sharded] {} ({})", format(pattern, args...), index);
}

// Only a name: a path could reach any file of the machine.
bool plain_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
         valid_tensor_name(name);
}

// Collects weight_map, one entry at a time: as a document it would take several times the text.
class IndexReader {
 public:
  explicit IndexReader(std::string_view name) : name_(name) {}

  Result<void> add(std::string_view tensor, const Json& file) {
    if (!valid_tensor_name(tensor)) {
      return breach(name_, ErrorCode::kOutOfRange,
                    "tensor \"{}\": expected a name of at most {} bytes without control characters",
                    printable(tensor), kMaxTensorNameBytes);
    }
    if (!file.is_string() || !plain_file_name(file.get_ref<const std::string&>())) {
      return breach(name_, ErrorCode::kDataLoss,
                    "tensor \"{}\": expected the name of a file in the same folder, file has {}",
                    tensor, file.is_string() ? printable(file.dump()) : file.type_name());
    }
    if (index_.entries.size() == kSafetensorsMaxTensors) {
      return breach(name_, ErrorCode::kOutOfRange, "expected at most {} tensors, file has more",
                    kSafetensorsMaxTensors);
    }
    const auto number = static_cast<uint32_t>(files_.size());
    const auto [place, added] = files_.emplace(file.get_ref<const std::string&>(), number);
    if (added && number == kMaxShards) {
      return breach(name_, ErrorCode::kOutOfRange, "expected at most {} files, file has more",
                    kMaxShards);
    }
    index_.entries.push_back({std::string(tensor), place->second});
    return {};
  }

  Result<ShardIndex> finish() {
    // The numbers were given by first mention; from now on they follow the sorted names.
    std::vector<uint32_t> rank(files_.size());
    for (const auto& [file, number] : files_) {
      rank[number] = static_cast<uint32_t>(index_.files.size());
      index_.files.push_back(file);
    }
    std::set<std::string_view> names;
    for (ShardIndex::Entry& entry : index_.entries) {
      entry.file = rank[entry.file];
      if (!names.insert(entry.tensor).second) {
        return breach(name_, ErrorCode::kDataLoss,
                      "tensor \"{}\": expected once, file has it twice", entry.tensor);
      }
    }
    std::sort(index_.entries.begin(), index_.entries.end(), [](const auto& a, const auto& b) {
      return std::tie(a.file, a.tensor) < std::tie(b.file, b.tensor);
    });
    return std::move(index_);
  }

  std::map<std::string, std::string>& metadata() { return index_.metadata; }

 private:
  std::string_view name_;
  ShardIndex index_;
  std::map<std::string, uint32_t, std::less<>> files_;
};

// All shards as one source.
class ShardedSource : public TensorSource {
 public:
  explicit ShardedSource(std::map<std::string, std::string> metadata)
      : metadata_(std::move(metadata)) {}

  void add(std::unique_ptr<TensorSource> shard) {
    for (const TensorInfo& tensor : shard->tensors()) {
      tensors_.push_back(tensor);
      owners_.push_back(shard.get());
    }
    metadata_.insert(shard->metadata().begin(), shard->metadata().end());
    shards_.push_back(std::move(shard));
  }

  // The format of the shards.
  std::string_view format() const override {
    return shards_.empty() ? "safetensors" : shards_.front()->format();
  }
  std::span<const TensorInfo> tensors() const override { return tensors_; }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }

 protected:
  TensorView view_at(size_t index) const override {
    return value_or_throw(owners_[index]->view(tensors_[index].name));  // known to be there
  }

 private:
  std::vector<std::unique_ptr<TensorSource>> shards_;
  std::vector<TensorInfo> tensors_;
  std::vector<const TensorSource*> owners_;  // one for each of tensors_
  std::map<std::string, std::string> metadata_;
};

// The tensors of one shard against those that the index places there.
Result<void> check_shard(const TensorSource& shard, std::span<const ShardIndex::Entry> expected,
                         std::string_view file, std::string_view index) {
  for (const ShardIndex::Entry& entry : expected) {
    if (shard.find(entry.tensor) == nullptr) {
      return breach(index, ErrorCode::kDataLoss, "tensor \"{}\": expected in {}, file has none",
                    entry.tensor, file);
    }
  }
  for (const TensorInfo& tensor : shard.tensors()) {
    const auto place = std::lower_bound(
        expected.begin(), expected.end(), tensor.name,
        [](const ShardIndex::Entry& entry, const std::string& n) { return entry.tensor < n; });
    if (place == expected.end() || place->tensor != tensor.name) {
      return breach(index, ErrorCode::kDataLoss,
                    "tensor \"{}\": expected none of that name in {}, which the index does not "
                    "place there",
                    printable(tensor.name), file);
    }
  }
  return {};
}

}  // namespace

Result<ShardIndex> parse_shard_index(std::string_view text, std::string_view name) {
  IndexReader reader(name);
  const JsonStream weights = {
      .path = {"weight_map"},
      .each = [&](std::string_view key, const Json& value) { return reader.add(key, value); }};
  SEXTANT_TRY(const Json index, parse_json(text, name, {}, std::span(&weights, 1)));
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (map == index.end() || !map->is_object()) {
    return breach(name, ErrorCode::kDataLoss,
                  "weight_map: expected an object of tensor and file names, file has {}",
                  map == index.end() ? "none" : map->type_name());
  }
  if (const auto metadata = index.find("metadata");
      metadata != index.end() && metadata->is_object()) {
    for (const auto& [key, value] : metadata->items()) {
      reader.metadata()[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  return reader.finish();
}

Result<std::unique_ptr<TensorSource>> open_sharded(const std::filesystem::path& index,
                                                   LoadMode mode) {
  const std::string name = index.filename().string();
  SEXTANT_TRY(const MappedFile file, MappedFile::open(index, LoadMode::kRead));
  SEXTANT_TRY(ShardIndex shards,
              parse_shard_index(
                  {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, name));
  auto source = std::make_unique<ShardedSource>(std::move(shards.metadata));
  auto begin = shards.entries.cbegin();
  for (uint32_t i = 0; i < shards.files.size(); ++i) {
    const auto end = std::find_if(begin, shards.entries.cend(),
                                  [i](const ShardIndex::Entry& entry) { return entry.file != i; });
    auto shard = open_tensor_file(index.parent_path() / shards.files[i], mode);
    if (!shard) {
      return with_context(std::move(shard).error(), "a shard of " + name);
    }
    SEXTANT_TRY_VOID(check_shard(**shard, std::span(begin, end), shards.files[i], name));
    source->add(std::move(*shard));
    begin = end;
  }
  return source;
}

}  // namespace sextant::io
