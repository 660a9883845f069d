#include "sextant/train/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace sextant::train {
namespace {

const std::vector<FieldSpec> kFields = {{"input_ids", DType::kI64, {4}},
                                        {"labels", DType::kI64, {}}};

TEST(Dataset, FieldsKnowTheirBytes) {
  EXPECT_EQ(kFields[0].bytes(), 32);
  EXPECT_EQ(kFields[1].bytes(), 8);
  EXPECT_EQ((FieldSpec{"pixel_values", DType::kF32, {3, 2, 2}}).bytes(), 48);
  EXPECT_THROW((FieldSpec{"bad", DType::kF32, {-1}}).bytes(), SextantError);
}

TEST(Dataset, FindsFieldsByName) {
  EXPECT_EQ(find_field(kFields, "labels").value(), 1U);
  const auto missing = find_field(kFields, "pixel_values");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "[train/dataset] field \"pixel_values\": the data set has input_ids, labels");
}

TEST(Dataset, BatchesAreTensors) {
  Batch batch;
  batch.size = 2;
  const int64_t ids[] = {1, 2, 3, 4, 5, 6, 7, 8};
  batch.fields.resize(2);
  batch.fields[0].resize(sizeof ids);
  std::memcpy(batch.fields[0].data(), ids, sizeof ids);
  batch.fields[1].resize(16);
  const TensorView view = batch.view(0, kFields[0]);
  EXPECT_EQ(view.shape, (Shape{2, 4}));
  EXPECT_THAT(view.as<int64_t>(), testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(batch.view(1, kFields[1]).shape, (Shape{2}));
  EXPECT_THROW(batch.view(0, kFields[1]), SextantError);  // another field's size
  EXPECT_THROW(batch.view(2, kFields[0]), SextantError);
}

}  // namespace
}  // namespace sextant::train
