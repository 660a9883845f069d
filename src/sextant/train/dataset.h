// What training reads: samples of fixed fields, found by index, and batches of them.
//
// A data set knows nothing of order, epochs, batches or threads: train/sample_order.h decides which
// index comes when, train/loader.h reads ahead. Not for data that is too large to be indexed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sextant/base/dtype.h"
#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"

namespace sextant::train {

// One field of every sample: "input_ids" I64 [context], "labels" I64 [], ...
struct FieldSpec {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;  // of one sample; empty for a scalar

  // Bytes of one sample's field. Throws where the shape is not valid.
  int64_t bytes() const;
  bool operator==(const FieldSpec&) const = default;
};

// The position of the field called `name`, or an error that lists the names there are.
Result<size_t> find_field(std::span<const FieldSpec> fields, std::string_view name);

// Label that a loss leaves out, PyTorch's own choice.
inline constexpr int64_t kIgnoredLabel = -100;

class Dataset {
 public:
  Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;
  virtual ~Dataset() = default;

  virtual int64_t size() const = 0;
  // The same during the whole life of the data set.
  virtual const std::vector<FieldSpec>& fields() const = 0;

  // Writes sample `index` of [0, size()) into `out`: one span a field, as long as its bytes() and
  // aligned to its element type. `seed` decides augmentation, and nothing else does: the same index
  // and seed give the same bytes. Safe from several threads. Errors name the file and what is wrong
  // in it; the content of `out` is then open.
  virtual Result<void> read(int64_t index, uint64_t seed,
                            std::span<const std::span<std::byte>> out) const = 0;
};

// Memory that read() is given, as elements of the field's type.
template <class T>
std::span<T> as_values(std::span<std::byte> bytes) {
  SEXTANT_CHECK(
      bytes.size() % sizeof(T) == 0 && reinterpret_cast<uintptr_t>(bytes.data()) % alignof(T) == 0,
      "{} bytes as elements of {}", bytes.size(), sizeof(T));
  return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

// Samples side by side, in the order of the data set's fields.
struct Batch {
  std::vector<std::vector<std::byte>> fields;  // each [size, ...] of its spec, contiguous
  int64_t size = 0;                            // samples here: this rank's slice
  int64_t global_size = 0;                     // samples of all ranks together
  int64_t epoch = 0;
  int64_t position = 0;  // batches before this one since the first of epoch 0; for resuming

  // Field `index` as a tensor [size, ...]; `spec` is the data set's. Valid as long as the batch.
  TensorView view(size_t index, const FieldSpec& spec) const;
};

}  // namespace sextant::train
