#include "sextant/kernels/weight_arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

#include "sextant/base/checked.h"

namespace sextant::kernels {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

// A mapping of whole huge pages. More is mapped than asked for, to begin at a multiple of 2 MB;
// what is not written costs nothing.
Result<std::shared_ptr<std::byte>> map_piece(size_t bytes) {
  const auto total = checked_add(bytes, kHugePage);
  void* data =
      total ? ::mmap(nullptr, *total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            : MAP_FAILED;
  if (data == MAP_FAILED) {
    return fail(ErrorCode::kResourceExhausted, "[kernels/weights] no memory for {} bytes", bytes);
  }
  const size_t skip = (kHugePage - reinterpret_cast<uintptr_t>(data) % kHugePage) % kHugePage;
  auto* begin = static_cast<std::byte*>(data) + skip;
  ::madvise(begin, bytes, MADV_HUGEPAGE);  // a wish; it may not be granted
  return std::shared_ptr<std::byte>(begin,
                                    [data, size = *total](std::byte*) { ::munmap(data, size); });
}

}  // namespace

Result<std::shared_ptr<std::byte>> WeightArena::allocate(size_t bytes) {
  const size_t rounded = (bytes + 63) / 64 * 64;
  if (rounded > size_ - used_) {
    const size_t size = std::max(piece_bytes_, rounded);
    SEXTANT_TRY(piece_, map_piece(size));
    size_ = size;
    used_ = 0;
  }
  // Shares the ownership of the piece.
  std::shared_ptr<std::byte> out(piece_, piece_.get() + used_);
  used_ += rounded;
  return out;
}

}  // namespace sextant::kernels
