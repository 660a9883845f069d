#include "sextant/train/dataset.h"

namespace sextant::train {

int64_t FieldSpec::bytes() const { return value_or_throw(byte_count(dtype, shape)); }

Result<size_t> find_field(std::span<const FieldSpec> fields, std::string_view name) {
  std::string known;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) {
      return i;
    }
    known += (i == 0 ? "" : ", ") + fields[i].name;
  }
  return fail(ErrorCode::kNotFound, "[train/dataset] field \"{}\": the data set has {}", name,
              known);
}

TensorView Batch::view(size_t index, const FieldSpec& spec) const {
  SEXTANT_CHECK(index < fields.size(), "field {} of {}", index, fields.size());
  Shape shape = {size};
  shape.insert(shape.end(), spec.shape.begin(), spec.shape.end());
  return make_view(std::span<const std::byte>(fields[index]), spec.dtype, std::move(shape));
}

}  // namespace sextant::train
