// One interface over every file that holds named tensors: safetensors (sharded too), zip-pickle
// .pt, npz, GGUF. A source is opened and checked as a whole; after that reading cannot fail for
// reasons of format. Sources are immutable and may be read from several threads.
//
//   SEXTANT_TRY(auto source, io::open_tensors("model.safetensors"));
//   SEXTANT_TRY(TensorView q, source->view("blk.0.attn_q.weight"));
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"

namespace sextant::io {

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape = {};       // row-major, outermost first, for every format
  int64_t bytes = 0;      // in the file
  std::string file = {};  // the file (shard) that holds it, for messages
  uint64_t offset = 0;    // of its first byte in that file
};

// What every format here may hold, whatever it allows by itself.
inline constexpr size_t kMaxTensorNameBytes = 1024;
inline constexpr size_t kMaxTensorRank = 16;

// True for a name of at most kMaxTensorNameBytes without control characters, which would reach the
// terminal with every message.
bool valid_tensor_name(std::string_view name);

class TensorSource {
 public:
  virtual ~TensorSource() = default;

  // "safetensors", "pickle", "npz", "gguf".
  virtual std::string_view format() const = 0;

  // All tensors in the order of the file(s).
  virtual std::span<const TensorInfo> tensors() const = 0;

  // Metadata as flat strings, for people to look at ("general.name" -> "...", arrays shortened).
  virtual const std::map<std::string, std::string>& metadata() const = 0;

  // The bytes in place, valid as long as the source; strided where the file says so (pickle).
  // Where the file holds them at an address that their type does not allow, an aligned copy that
  // the source keeps. Error: kNotFound with the nearest name.
  Result<TensorView> view(std::string_view name) const;

  // The entry of that name, or null.
  const TensorInfo* find(std::string_view name) const;

  // Tells the system that the pages of a view are not needed soon (after repacking weights): they
  // are read from the file again when touched. Does nothing for copies, for files that were read
  // rather than mapped, and for strided views.
  static void release_pages(const TensorView& view);

 protected:
  // The view of tensors()[index]. A strided one must be aligned for its type; view() copies
  // contiguous ones where they are not.
  virtual TensorView view_at(size_t index) const = 0;

 private:
  TensorView aligned(TensorView view) const;

  // Aligned copies by address in the file and size.
  mutable std::mutex copies_mutex_;
  mutable std::map<std::pair<const std::byte*, size_t>, std::vector<std::byte>> copies_;

  mutable std::once_flag index_built_;
  mutable std::map<std::string, size_t, std::less<>> index_;  // built by the first look-up
};

}  // namespace sextant::io
