// The tensors of an archive whose members lie in place: what the pickle and npz readers fill.
// Private to those readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/io/mapped_file.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

class ArchiveSource : public TensorSource {
 public:
  // `format`: a literal.
  ArchiveSource(std::string_view format, std::string file)
      : format_(format), file_(std::move(file)) {}

  // Takes the mapping that blocks lie in, where the source has to keep one.
  void keep(MappedFile mapping) { mapping_ = std::move(mapping); }
  // Takes bytes that blocks lie in.
  std::span<const std::byte> keep(std::vector<std::byte> bytes);

  // A run of elements that one or several tensors look into, aligned to `alignment` when used:
  // where it lies otherwise it is copied once, by the first look. Returns its index.
  size_t add_block(std::span<const std::byte> bytes, size_t alignment);
  // `info.file` is filled in. `offset`: of the tensor's first element in the block, in bytes.
  // `strides`: empty for row-major order.
  void add_tensor(TensorInfo info, size_t block, size_t offset, std::vector<int64_t> strides);

  std::map<std::string, std::string>& mutable_metadata() { return metadata_; }
  const std::string& file() const { return file_; }

  std::string_view format() const override { return format_; }
  std::span<const TensorInfo> tensors() const override { return infos_; }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }

 protected:
  TensorView view_at(size_t index) const override;

 private:
  struct Block {
    std::span<const std::byte> bytes;
    bool aligned = true;
    std::vector<std::byte> copy;  // where not aligned, once it was looked at
  };
  struct Place {
    size_t block = 0;
    size_t offset = 0;
    std::vector<int64_t> strides;
  };

  std::string_view format_;
  std::string file_;
  std::optional<MappedFile> mapping_;
  std::vector<std::vector<std::byte>> kept_;  // their heap blocks stay where they are
  mutable std::mutex copies_mutex_;
  mutable std::deque<Block> blocks_;
  std::vector<TensorInfo> infos_;
  std::vector<Place> places_;  // one for each of infos_
  std::map<std::string, std::string> metadata_;
};

}  // namespace sextant::io
