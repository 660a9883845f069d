// Pictures in folders: each sub-folder is a class, its PNG and JPEG files are the samples.
//
// Classes are numbered in the order of their names, samples in the order of class and file name
// (bytes compared), so the numbering does not depend on the file system. Fields: pixel_values F32
// [3, size, size], labels I64 []. Pictures are read from disk each time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sextant/train/dataset.h"
#include "sextant/train/pixels.h"

namespace sextant::train {

struct ImageFolderOptions {
  std::filesystem::path folder = {};
  int64_t size = 224;  // of the square that comes out
  // Without a resized crop the shorter side becomes this, then the middle is cut out. 0: `size`.
  int64_t resize = 0;
  PixelOptions pixels = {};
};

class ImageFolder : public Dataset {
 public:
  // Looks at names only. Errors: kNotFound (no folder, no class, a class without pictures),
  // kInvalidArgument (options), kIo. read() has the errors of media::decode_image.
  static Result<std::unique_ptr<ImageFolder>> open(const ImageFolderOptions& options);

  int64_t size() const override { return static_cast<int64_t>(samples_.size()); }
  const std::vector<FieldSpec>& fields() const override { return fields_; }
  Result<void> read(int64_t index, uint64_t seed,
                    std::span<const std::span<std::byte>> out) const override;

  const std::vector<std::string>& class_names() const { return class_names_; }
  const std::filesystem::path& path(int64_t index) const;

 private:
  struct Sample {
    std::filesystem::path path;
    int64_t label = 0;
  };
  explicit ImageFolder(ImageFolderOptions options) : options_(std::move(options)) {}
  Result<void> add_class(const std::filesystem::path& folder);

  ImageFolderOptions options_;
  std::vector<std::string> class_names_;
  std::vector<Sample> samples_;
  std::vector<FieldSpec> fields_;
};

}  // namespace sextant::train
