#include "sextant/io/weight_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::io {
namespace {

using ::testing::HasSubstr;
using Tensors = std::vector<TensorInfo>;

// Tensors without a file.
class FakeSource : public TensorSource {
 public:
  explicit FakeSource(Tensors tensors) : tensors_(std::move(tensors)) {
    for (TensorInfo& entry : tensors_) {
      entry.file = "fake.bin";
    }
  }
  std::string_view format() const override { return "fake"; }
  std::span<const TensorInfo> tensors() const override { return tensors_; }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }

 protected:
  TensorView view_at(size_t index) const override {
    return {nullptr, tensors_[index].dtype, tensors_[index].shape, {}};
  }

 private:
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
};

TEST(WeightMap, BindsByNameAndAlias) {
  WeightMap map("x/weights");
  map.add({.name = "a", .shape = {2, 3}});
  map.add({.name = "b", .shape = {4}, .aliases = {"old.b", "model.b"}});
  map.add({.name = "c", .shape = {1}, .required = false});
  map.ignore("*.inv_freq");
  const FakeSource source(Tensors{{.name = "a", .shape = {2, 3}},
                                  {.name = "model.b", .shape = {4}},
                                  {.name = "layers.0.rotary.inv_freq", .shape = {8}}});
  const auto weights = map.bind(source);
  ASSERT_TRUE(weights) << weights.error().describe();
  EXPECT_EQ(weights->at("a").shape, (Shape{2, 3}));
  EXPECT_EQ(weights->at("b").shape, (Shape{4}));
  EXPECT_EQ(weights->find("c"), nullptr);
  EXPECT_THROW(weights->at("c"), SextantError);
}

TEST(WeightMap, TellsEveryProblemAtOnce) {
  WeightMap map("x/weights");
  map.add({.name = "a", .shape = {2, 3}});
  map.add({.name = "b", .shape = {4}});
  map.add({.name = "c", .shape = {4}});
  map.add({.name = "d", .shape = {4}, .dtypes = {DType::kF32, DType::kF16}});
  const FakeSource source(Tensors{{.name = "a", .shape = {3, 2}},
                                  {.name = "c", .dtype = DType::kI64, .shape = {4}},
                                  {.name = "d", .dtype = DType::kBF16, .shape = {4}},
                                  {.name = "left", .shape = {1}}});
  const auto weights = map.bind(source);
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().message,
            "[x/weights] tensor \"a\": expected [2,3], file has [3,2] (fake.bin); "
            "tensor \"b\": expected [4], file has none; "
            "tensor \"c\": expected a float or block type, file has I64 (fake.bin); "
            "tensor \"d\": expected F32 or F16, file has BF16 (fake.bin); "
            "tensor \"left\": expected none, file has [1] (fake.bin)");
}

TEST(WeightMap, CountsWhatDoesNotFitTheMessage) {
  WeightMap map("x/weights");
  for (int i = 0; i < 25; ++i) {
    map.add({.name = "t" + std::to_string(i), .shape = {1}});
  }
  const auto weights = map.bind(FakeSource(Tensors{}));
  ASSERT_FALSE(weights);
  EXPECT_THAT(weights.error().message, HasSubstr("; and 15 more problems"));
}

TEST(WeightMap, PatternsMatchAnyRun) {
  WeightMap map("x/weights");
  map.ignore("a*b*c");
  map.ignore("*");
  EXPECT_TRUE(map.bind(FakeSource(Tensors{{.name = "anything", .shape = {}}})));
  WeightMap narrow("x/weights");
  narrow.ignore("a*b*c");
  EXPECT_TRUE(narrow.bind(FakeSource(Tensors{{.name = "a.b.b.xc", .shape = {}}})));
  EXPECT_FALSE(narrow.bind(FakeSource(Tensors{{.name = "a.c", .shape = {}}})));
}

TEST(WeightMap, NamesTheNearestUnusedTensor) {
  WeightMap map("x/weights");
  map.add({.name = "model.norm.weight", .shape = {1}});
  const auto weights = map.bind(FakeSource(
      Tensors{{.name = "norm.weight", .shape = {1}}, {.name = "lm_head.bias", .shape = {1}}}));
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().hint, "nearest to \"model.norm.weight\" is the unused \"norm.weight\"");
}

// With one of its aliases in the file besides, a weight would be there twice.
TEST(WeightMap, DoesNotIgnoreASecondAlias) {
  WeightMap map("x/weights");
  map.add({.name = "a", .shape = {1}, .aliases = {"b"}});
  const auto weights =
      map.bind(FakeSource(Tensors{{.name = "a", .shape = {1}}, {.name = "b", .shape = {1}}}));
  ASSERT_FALSE(weights);
  EXPECT_THAT(weights.error().message, HasSubstr("tensor \"b\": expected none"));
}

TEST(WeightMap, DeclaringATensorTwiceIsAMistake) {
  WeightMap map("x/weights");
  map.add({.name = "a", .shape = {1}});
  EXPECT_THROW(map.add({.name = "a", .shape = {1}}), SextantError);
  EXPECT_THROW(map.add({.name = "b", .shape = {1}, .aliases = {"a"}}), SextantError);
}

}  // namespace
}  // namespace sextant::io
