#include "sextant/io/archive_source.h"

#include <utility>

namespace sextant::io {

std::span<const std::byte> ArchiveSource::keep(std::vector<std::byte> bytes) {
  return kept_.emplace_back(std::move(bytes));
}

size_t ArchiveSource::add_block(std::span<const std::byte> bytes, size_t alignment) {
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % alignment == 0;
  blocks_.push_back({.bytes = bytes, .aligned = aligned, .copy = {}});
  return blocks_.size() - 1;
}

void ArchiveSource::add_tensor(TensorInfo info, size_t block, size_t offset,
                               std::vector<int64_t> strides) {
  info.file = file_;
  infos_.push_back(std::move(info));
  places_.push_back({block, offset, std::move(strides)});
}

TensorView ArchiveSource::view_at(size_t index) const {
  const TensorInfo& tensor = infos_[index];
  const Place& place = places_[index];
  Block& block = blocks_[place.block];
  const std::byte* begin = block.bytes.data();
  if (!block.aligned && !block.bytes.empty()) {
    const std::lock_guard lock(copies_mutex_);
    if (block.copy.empty()) {
      block.copy.assign(block.bytes.begin(), block.bytes.end());
    }
    begin = block.copy.data();
  }
  return {begin + place.offset, tensor.dtype, tensor.shape, place.strides};
}

}  // namespace sextant::io
