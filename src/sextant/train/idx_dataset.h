// Pictures and labels from two idx files, plain or .gz: MNIST, Fashion-MNIST.
//
// Fields: pixel_values F32 [1, height, width] (grey, of [0, 1], then as PixelOptions say), labels
// I64 []. The pixels stay in memory as bytes (or mapped, where the files are plain).
#pragma once

#include <filesystem>
#include <memory>

#include "sextant/io/gzip.h"
#include "sextant/train/dataset.h"
#include "sextant/train/idx.h"
#include "sextant/train/pixels.h"

namespace sextant::train {

struct IdxOptions {
  std::filesystem::path images = {};  // rank 3
  std::filesystem::path labels = {};  // rank 1, as many
  int64_t classes = 0;                // labels must be below; 0: the largest label + 1
  PixelOptions pixels = {};
};

class IdxDataset : public Dataset {
 public:
  // Errors: those of reading the files, kDataLoss where they do not belong together,
  // kInvalidArgument for options.
  static Result<std::unique_ptr<IdxDataset>> open(const IdxOptions& options);

  int64_t size() const override { return images_.shape[0]; }
  const std::vector<FieldSpec>& fields() const override { return fields_; }
  Result<void> read(int64_t index, uint64_t seed,
                    std::span<const std::span<std::byte>> out) const override;
  int64_t classes() const { return options_.classes; }

 private:
  IdxDataset(IdxOptions options, io::UnpackedFile images, io::UnpackedFile labels)
      : options_(std::move(options)),
        image_file_(std::move(images)),
        label_file_(std::move(labels)) {}

  IdxOptions options_;
  io::UnpackedFile image_file_;
  io::UnpackedFile label_file_;
  IdxArray images_;
  IdxArray labels_;
  std::vector<FieldSpec> fields_;
};

}  // namespace sextant::train
