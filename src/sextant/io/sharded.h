// A model whose tensors are spread over several files, with an index that says which holds what
// (model.safetensors.index.json, pytorch_model.bin.index.json).
//
// Opening checks both ways: every shard lies in the folder of the index under a plain name and
// holds exactly the tensors that the index places there.
//
// Errors: those of the shards' formats; kNotFound (a shard is missing), kDataLoss (the index breaks
// its format, or index and shards disagree), kOutOfRange (a limit).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/io/mapped_file.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

// The largest models have some two hundred; each costs a mapping.
inline constexpr size_t kMaxShards = 1024;

struct ShardIndex {
  struct Entry {
    std::string tensor;
    uint32_t file = 0;  // of `files`
  };
  std::vector<std::string> files;  // plain names, sorted
  std::vector<Entry> entries;      // by file, then by name; no name twice
  std::map<std::string, std::string> metadata;
};

// `name` is the file's name in messages.
Result<ShardIndex> parse_shard_index(std::string_view text, std::string_view name);

Result<std::unique_ptr<TensorSource>> open_sharded(const std::filesystem::path& index,
                                                   LoadMode mode = LoadMode::kMap);

}  // namespace sextant::io
