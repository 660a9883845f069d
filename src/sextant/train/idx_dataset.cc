#include "sextant/train/idx_dataset.h"

#include <algorithm>

namespace sextant::train {

Result<std::unique_ptr<IdxDataset>> IdxDataset::open(const IdxOptions& options) {
  SEXTANT_TRY_VOID(check_pixel_options(options.pixels, 1));
  SEXTANT_TRY(io::UnpackedFile images, io::UnpackedFile::open(options.images));
  SEXTANT_TRY(io::UnpackedFile labels, io::UnpackedFile::open(options.labels));
  std::unique_ptr<IdxDataset> set(new IdxDataset(options, std::move(images), std::move(labels)));
  const std::string image_path = options.images.string();
  const std::string label_path = options.labels.string();
  SEXTANT_TRY(set->images_, parse_idx(set->image_file_.bytes(), image_path));
  SEXTANT_TRY(set->labels_, parse_idx(set->label_file_.bytes(), label_path));
  const Shape& shape = set->images_.shape;
  if (shape.size() != 3 || shape[1] == 0 || shape[2] == 0) {
    return fail(ErrorCode::kDataLoss,
                "[train/idx] pictures: expected [n,height,width], found {} ({})", to_string(shape),
                image_path);
  }
  if (set->labels_.shape != Shape{shape[0]}) {
    return fail(ErrorCode::kDataLoss,
                "[train/idx] labels: expected [{}] as there are pictures, "
                "found {} ({})",
                shape[0], to_string(set->labels_.shape), label_path);
  }
  const auto largest = std::max_element(set->labels_.values.begin(), set->labels_.values.end());
  const int64_t classes = largest == set->labels_.values.end() ? 0 : int64_t{*largest} + 1;
  if (options.classes != 0 && classes > options.classes) {
    return fail(ErrorCode::kDataLoss, "[train/idx] label {}: expected 0 to {}, found {} ({})",
                largest - set->labels_.values.begin(), options.classes - 1, classes - 1,
                label_path);
  }
  set->options_.classes = std::max(classes, options.classes);
  set->fields_ = {{"pixel_values", DType::kF32, {1, shape[1], shape[2]}},
                  {"labels", DType::kI64, {}}};
  return set;
}

Result<void> IdxDataset::read(int64_t index, uint64_t seed,
                              std::span<const std::span<std::byte>> out) const {
  SEXTANT_CHECK(index >= 0 && index < size(), "sample {} of {}", index, size());
  const PlaneShape shape{1, images_.shape[1], images_.shape[2]};
  const auto at = static_cast<size_t>(index);
  const auto count = static_cast<size_t>(shape.count());
  prepare_pixels(images_.values.subspan(at * count, count), shape, options_.pixels, seed,
                 as_values<float>(out[0]), shape);
  as_values<int64_t>(out[1])[0] = labels_.values[at];
  return {};
}

}  // namespace sextant::train
