#include "sextant/io/dequantise.h"

#include <cmath>
#include <cstring>
#include <map>

#include <gtest/gtest.h>

#include "sextant/base/half.h"
#include "sextant/base/json.h"
#include "sextant/io/block_formats.h"
#include "support/checksum.h"
#include "support/test_data.h"

namespace sextant::io {
namespace {

const Json& goldens() {
  static const Json document = value_or_throw(parse_json(
      test_data::read(test_data::repository("tests/parity/gguf/checksums.json")), "checksums"));
  return document;
}

class DequantiseParity : public testing::TestWithParam<const char*> {};

// One MiB of random bits for each type, infinite, subnormal and NaN scales among them: the same
// bits as the reference libraries give.
TEST_P(DequantiseParity, MatchesTheReferenceOnRandomBits) {
  const Json& golden = goldens()["random"][GetParam()];
  const DType dtype = dtype_from_name(GetParam()).value();
  const auto bytes =
      test_data::random_bytes(golden["seed"].get<uint64_t>(), golden["bytes"].get<size_t>());
  std::vector<float> values(golden["elements"].get<size_t>());
  dequantise(dtype, bytes.data(), static_cast<int64_t>(values.size()), values.data());
  EXPECT_EQ(test_data::checksum(values), golden["checksum"].get<std::string>());
}

INSTANTIATE_TEST_SUITE_P(AllTypes, DequantiseParity,
                         testing::Values("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I64",
                                         "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL",
                                         "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K",
                                         "Q4_K", "Q5_K", "Q6_K", "IQ4_NL"),
                         [](const auto& test) { return std::string(test.param); });

template <class Block>
std::vector<float> decode(const Block& block) {
  std::vector<float> values(BlockTraits<Block>::kElements);
  dequantise(BlockTraits<Block>::kDType, reinterpret_cast<const std::byte*>(&block),
             BlockTraits<Block>::kElements, values.data());
  return values;
}

TEST(Dequantise, BlockSizesAgreeWithTheTypeTable) {
  EXPECT_EQ(info(BlockTraits<BlockQ4_1>::kDType).block_bytes, sizeof(BlockQ4_1));
  EXPECT_EQ(info(BlockTraits<BlockQ6_K>::kDType).block_bytes, sizeof(BlockQ6_K));
  EXPECT_EQ(info(BlockTraits<BlockQ6_K>::kDType).block_size, kSuperBlock);
  EXPECT_EQ(info(BlockTraits<BlockIQ4_NL>::kDType).block_size, kBlock);
}

TEST(Dequantise, HalvesHoldElementsSixteenApart) {
  BlockQ4_0 block{f32_to_f16(0.5f), {}};
  block.quants[3] = 0xf1;  // element 3 is 1, element 19 is 15
  const auto values = decode(block);
  EXPECT_EQ(values[3], -3.5f);
  EXPECT_EQ(values[19], 3.5f);
  EXPECT_EQ(values[0], -4.0f);
}

TEST(Dequantise, FifthBitComesFromTheBitField) {
  BlockQ5_1 block{f32_to_f16(1.0f), f32_to_f16(100.0f), uint32_t{1} << 31, {}};
  const auto values = decode(block);
  EXPECT_EQ(values[31], 116.0f);
  EXPECT_EQ(values[30], 100.0f);
}

TEST(Dequantise, LateGroupsOfQ4KTakeTheirUpperBitsFromTheEarlyBytes) {
  uint8_t scales[12] = {};
  scales[1] = 0xc5;  // scale 1 is 5, upper bits of scale 5 are 3
  scales[5] = 0x87;  // minimum 1 is 7, upper bits of minimum 5 are 2
  scales[9] = 0x9a;  // lower bits: scale 5 is 10, minimum 5 is 9
  EXPECT_EQ(k_scale_and_minimum(scales, 1).scale, 5);
  EXPECT_EQ(k_scale_and_minimum(scales, 1).minimum, 7);
  EXPECT_EQ(k_scale_and_minimum(scales, 5).scale, 58);
  EXPECT_EQ(k_scale_and_minimum(scales, 5).minimum, 41);
}

TEST(Dequantise, NegativeScaleTimesZeroKeepsTheSign) {
  BlockQ8_0 block{f32_to_f16(-1.0f), {}};
  EXPECT_TRUE(std::signbit(decode(block)[0]));
}

TEST(Dequantise, ReadsFromOddAddresses) {
  const float expected = 1.5f;
  std::byte bytes[5];
  std::memcpy(bytes + 1, &expected, 4);
  float value = 0;
  dequantise(DType::kF32, bytes + 1, 1, &value);
  EXPECT_EQ(value, expected);
}

TEST(Dequantise, RejectsPartsOfBlocks) {
  float values[32];
  const BlockQ4_0 block{};
  EXPECT_THROW(dequantise(DType::kQ4_0, reinterpret_cast<const std::byte*>(&block), 31, values),
               SextantError);
}

// A source in memory, to read strided views as pickle files have them.
class MemorySource : public TensorSource {
 public:
  void add(std::string name, TensorView view) {
    infos_.push_back({std::move(name), view.dtype, view.shape, 0, "memory", 0});
    views_.push_back(std::move(view));
  }
  std::string_view format() const override { return "memory"; }
  std::span<const TensorInfo> tensors() const override { return infos_; }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }

 protected:
  TensorView view_at(size_t index) const override { return views_[index]; }

 private:
  std::vector<TensorInfo> infos_;
  std::vector<TensorView> views_;
  std::map<std::string, std::string> metadata_;
};

TEST(ReadF32, GivesStridedViewsInRowMajorOrder) {
  const std::vector<int16_t> stored = {0, 1, 2, 3, 4, 5};
  TensorView view = make_view(std::span(stored), DType::kI16, {2, 3});
  view.shape = {3, 2};
  view.strides = {1, 3};  // the transpose
  MemorySource source;
  source.add("transposed", view);
  view.shape = {2, 2, 0};
  view.strides = {3, 1, 1};
  source.add("empty", view);
  EXPECT_EQ(read_f32(source, "transposed").value(), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_TRUE(read_f32(source, "empty").value().empty());
}

TEST(ReadF32, RepeatsStoredElementsOnlyWithinReason) {
  const std::vector<float> stored = {1, 2};
  TensorView view = make_view(std::span(stored), DType::kF32, {2});
  view.shape = {3, 2};
  view.strides = {0, 1};
  MemorySource source;
  source.add("few", view);
  view.shape = {int64_t{1} << 40, 2};
  source.add("many", view);
  EXPECT_EQ(read_f32(source, "few").value(), (std::vector<float>{1, 2, 1, 2, 1, 2}));
  const auto many = read_f32(source, "many");
  ASSERT_FALSE(many.has_value());
  EXPECT_EQ(many.error().message,
            "[io/memory] tensor \"many\": expected at most 4194304 elements made of 2 stored ones, "
            "file has shape [1099511627776,2]");
}

TEST(ReadF32, NamesTheNearestTensorWhereThereIsNone) {
  const std::vector<float> stored = {1};
  MemorySource source;
  source.add("output.weight", make_view(std::span(stored), DType::kF32, {1}));
  const auto missing = read_f32(source, "outputs.weight");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().hint.find("output.weight"), std::string::npos);
}

}  // namespace
}  // namespace sextant::io
