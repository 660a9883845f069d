#include "sextant/io/tensor_source.h"

#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <cstdint>

namespace sextant::io {
namespace {

// Levenshtein distance, for "did you mean".
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1] ? 1 : 0)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

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
    return view_at(static_cast<size_t>(entry - tensors().data()));
  }
  Error error{.code = ErrorCode::kNotFound,
              .message = sextant::format("[io/{}] tensor \"{}\": not in the file ({} tensors)",
                                         format(), name, tensors().size())};
  const TensorInfo* nearest = nullptr;
  size_t best = name.size() / 2 + 1;  // farther names are no help
  for (const TensorInfo& candidate : tensors()) {
    const size_t distance = edit_distance(name, candidate.name);
    if (distance < best) {
      best = distance;
      nearest = &candidate;
    }
  }
  if (nearest != nullptr) {
    error.hint = sextant::format("the nearest name is \"{}\"", nearest->name);
  }
  return Failure(std::move(error));
}

void TensorSource::release_pages(const TensorView& view) const {
  // Only whole pages inside the bytes: the neighbours may still be in use.
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto bytes = view.bytes();
  const auto begin = (reinterpret_cast<uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(bytes.data()) + bytes.size()) / page * page;
  if (begin < end && mapped()) {
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

}  // namespace sextant::io
