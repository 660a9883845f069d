#include "sextant/io/tensor_source.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <ranges>

#include "sextant/base/nearest.h"
#include "sextant/io/mapped_file.h"

namespace sextant::io {
namespace {

// Blocks begin with f16 scales; plain elements are read as themselves.
size_t alignment_of(DType dtype) {
  return is_quantised(dtype) ? alignof(uint16_t) : static_cast<size_t>(info(dtype).block_bytes);
}

}  // namespace

bool valid_tensor_name(std::string_view name) {
  return name.size() <= kMaxTensorNameBytes && printable(name, kMaxTensorNameBytes) == name;
}

const TensorInfo* TensorSource::find(std::string_view name) const {
  const auto all = tensors();
  std::call_once(index_built_, [&] {
    for (size_t i = 0; i < all.size(); ++i) {
      index_.emplace(all[i].name, i);
    }
  });
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &all[found->second];
}

Result<TensorView> TensorSource::view(std::string_view name) const {
  const TensorInfo* entry = find(name);
  if (entry != nullptr) {
    return aligned(view_at(static_cast<size_t>(entry - tensors().data())));
  }
  Error error{.code = ErrorCode::kNotFound,
              .message = sextant::format("[io/{}] tensor \"{}\": not in the file ({} tensors)",
                                         format(), name, tensors().size())};
  const auto names = tensors() | std::views::transform(&TensorInfo::name);
  if (const auto nearest = nearest_name(name, names)) {
    error.hint = sextant::format("the nearest name is \"{}\"", *nearest);
  }
  return Failure(std::move(error));
}

TensorView TensorSource::aligned(TensorView view) const {
  const auto address = reinterpret_cast<uintptr_t>(view.data);
  if (address % alignment_of(view.dtype) == 0 || !view.contiguous()) {
    return view;
  }
  const auto bytes = view.bytes();
  const std::lock_guard lock(copies_mutex_);
  auto& copy = copies_[{view.data, bytes.size()}];  // the allocator aligns for every type
  if (copy.empty()) {
    copy.assign(bytes.begin(), bytes.end());
  }
  view.data = copy.data();
  return view;
}

void TensorSource::release_pages(const TensorView& view) {
  // Anything but the mapping of a file would come back as zeros.
  if (!view.contiguous() || !is_mapped_file(view.bytes())) {
    return;
  }
  // Only whole pages inside the bytes: the neighbours may still be in use.
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto bytes = view.bytes();
  const auto begin = (reinterpret_cast<uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(bytes.data()) + bytes.size()) / page * page;
  if (begin < end) {
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

}  // namespace sextant::io
