#include "sextant/cli/value_check.h"

#include <array>
#include <atomic>
#include <cmath>

#include "sextant/base/progress.h"
#include "sextant/io/dequantise.h"

namespace sextant::cli {
namespace {

// A multiple of every block size, small enough for a thread's stack.
constexpr int64_t kPiece = 4096;
constexpr int64_t kPiecesAtOnce = 64;

struct Counts {
  std::atomic<int64_t> nans{0};
  std::atomic<int64_t> infinities{0};
};

void count(std::span<const float> values, Counts& counts) {
  int64_t nans = 0;
  int64_t infinities = 0;
  for (float value : values) {
    nans += std::isnan(value) ? 1 : 0;
    infinities += std::isinf(value) ? 1 : 0;
  }
  counts.nans += nans;
  counts.infinities += infinities;
}

bool can_be_bad(DType dtype) {
  switch (dtype) {
    case DType::kI64:
    case DType::kI32:
    case DType::kI16:
    case DType::kI8:
    case DType::kU64:
    case DType::kU32:
    case DType::kU16:
    case DType::kU8:
    case DType::kBool:
      return false;
    default:
      return true;
  }
}

void count_contiguous(const TensorView& view, const Context& context, Counts& counts) {
  const DTypeInfo& type = info(view.dtype);
  const std::byte* data = view.bytes().data();
  const int64_t elements = view.elements();
  const int64_t pieces = (elements + kPiece - 1) / kPiece;
  context.pool.for_each_chunk(pieces, kPiecesAtOnce, [&](int64_t begin, int64_t end, int) {
    std::array<float, kPiece> values;
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t first = piece * kPiece;
      const int64_t size = std::min(kPiece, elements - first);
      io::dequantise(view.dtype, data + first / type.block_size * type.block_bytes, size,
                     values.data());
      count(std::span(values).first(static_cast<size_t>(size)), counts);
    }
  });
}

}  // namespace

Result<std::vector<BadValues>> find_bad_values(const io::TensorSource& source,
                                               const Context& context) {
  std::vector<BadValues> bad;
  if (context.progress != nullptr) {
    context.progress->begin("checking values", static_cast<int64_t>(source.tensors().size()),
                            "tensors");
  }
  for (const io::TensorInfo& tensor : source.tensors()) {
    if (context.cancelled()) {
      return fail(ErrorCode::kCancelled, "[cli/show] value check: stopped at tensor \"{}\"",
                  printable(tensor.name));
    }
    if (can_be_bad(tensor.dtype)) {
      SEXTANT_TRY(const TensorView view, source.view(tensor.name));
      Counts counts;
      if (view.contiguous()) {
        count_contiguous(view, context, counts);
      } else {
        count(io::to_f32(view), counts);
      }
      if (counts.nans != 0 || counts.infinities != 0) {
        bad.push_back({tensor.name, counts.nans, counts.infinities});
      }
    }
    if (context.progress != nullptr) {
      context.progress->advance();
    }
  }
  if (context.progress != nullptr) {
    context.progress->end();
  }
  return bad;
}

}  // namespace sextant::cli
