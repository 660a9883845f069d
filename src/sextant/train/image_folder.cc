#include "sextant/train/image_folder.h"

#include <algorithm>
#include <system_error>

#include "sextant/io/mapped_file.h"
#include "sextant/media/image.h"

namespace sextant::train {
namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

// What the folder holds, hidden names left out, in the order of names.
Result<std::vector<fs::path>> list(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().starts_with('.')) {
      entries.push_back(it->path());
    }
  }
  if (error) {
    const bool missing = error == std::errc::no_such_file_or_directory;
    return fail(missing ? ErrorCode::kNotFound : ErrorCode::kIo, "[train/image_folder] {}: {}",
                folder.string(), error.message());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace

Result<std::unique_ptr<ImageFolder>> ImageFolder::open(const ImageFolderOptions& options) {
  constexpr int64_t kMostSize = 2048;
  if (options.size < 1 || options.size > kMostSize) {
    return fail(ErrorCode::kInvalidArgument,
                "[train/image_folder] size: expected 1 to {}, found {}", kMostSize, options.size);
  }
  if (options.resize != 0 && (options.resize < options.size || options.resize > kMostSize)) {
    return fail(ErrorCode::kInvalidArgument,
                "[train/image_folder] resize: expected 0 or {} to {}, found {}", options.size,
                kMostSize, options.resize);
  }
  SEXTANT_TRY_VOID(check_pixel_options(options.pixels, 3));
  std::unique_ptr<ImageFolder> set(new ImageFolder(options));
  SEXTANT_TRY(const auto entries, list(options.folder));
  for (const fs::path& entry : entries) {
    std::error_code ignored;
    if (fs::is_directory(entry, ignored)) {
      SEXTANT_TRY_VOID(set->add_class(entry));
    }
  }
  if (set->class_names_.empty()) {
    return fail(ErrorCode::kNotFound,
                "[train/image_folder] {}: expected a sub-folder for each class, found none",
                options.folder.string());
  }
  set->fields_ = {{"pixel_values", DType::kF32, {3, options.size, options.size}},
                  {"labels", DType::kI64, {}}};
  return set;
}

Result<void> ImageFolder::add_class(const fs::path& folder) {
  SEXTANT_TRY(const auto entries, list(folder));
  const auto label = static_cast<int64_t>(class_names_.size());
  const size_t before = samples_.size();
  for (const fs::path& entry : entries) {
    if (is_picture(entry)) {
      samples_.push_back({entry, label});
    }
  }
  if (samples_.size() == before) {
    return fail(ErrorCode::kNotFound,
                "[train/image_folder] {}: expected .png, .jpg or .jpeg files, found none",
                folder.string());
  }
  class_names_.push_back(folder.filename().string());
  return {};
}

const fs::path& ImageFolder::path(int64_t index) const {
  SEXTANT_CHECK(index >= 0 && index < size(), "sample {} of {}", index, size());
  return samples_[static_cast<size_t>(index)].path;
}

Result<void> ImageFolder::read(int64_t index, uint64_t seed,
                               std::span<const std::span<std::byte>> out) const {
  const fs::path& file = path(index);
  SEXTANT_TRY(const io::MappedFile bytes, io::MappedFile::open(file));
  SEXTANT_TRY(media::Image image, media::decode_image(bytes.bytes(), file.string()));
  // The longer side grows with the shorter one: a line of pixels would become gigabytes.
  constexpr int64_t kMostRatio = 16;
  if (std::max(image.width, image.height) > kMostRatio * std::min(image.width, image.height)) {
    return fail(ErrorCode::kOutOfRange,
                "[train/image_folder] sides: expected at most {} to 1, found {}x{} ({})",
                kMostRatio, image.width, image.height, file.string());
  }
  const PlaneShape square{3, options_.size, options_.size};
  if (!options_.pixels.resized_crop) {
    image = media::resize_and_crop(
        image, static_cast<int>(options_.resize != 0 ? options_.resize : options_.size),
        static_cast<int>(options_.size));
  }
  prepare_pixels(image.pixels, {3, image.height, image.width}, options_.pixels, seed,
                 as_values<float>(out[0]), square);
  as_values<int64_t>(out[1])[0] = samples_[static_cast<size_t>(index)].label;
  return {};
}

}  // namespace sextant::train
