#include "sextant/cli/value_check.h"

#include <gtest/gtest.h>
#include <filesystem>
#include <limits>

#include "sextant/io/safetensors.h"

namespace sextant::cli {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

class ValueCheck : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  std::unique_ptr<io::TensorSource> source(const std::vector<io::NamedTensor>& tensors) {
    value_or_throw(io::write_safetensors(path_, tensors));
    return value_or_throw(io::open_safetensors(path_));
  }

  std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) / "value_check_test.safetensors";
  ThreadPool pool_{2};
};

TEST_F(ValueCheck, CountsNanAndInfinityOfEachTensor) {
  std::vector<float> large(300001, 1.0f);  // several pieces and a rest
  large[0] = kNan;
  large[299999] = -kInf;
  large[300000] = kInf;
  const std::vector<float> good = {0, -1, std::numeric_limits<float>::max()};
  const std::vector<uint16_t> half = {0x7c00, 0x3c00, 0x7e00};  // infinity, 1, NaN
  const std::vector<int64_t> whole(5, -1);                      // all bits set are no NaN
  const auto file =
      source({{"large", make_view(std::span(std::as_const(large)), DType::kF32, {300001})},
              {"good", make_view(std::span(good), DType::kF32, {3})},
              {"half", make_view(std::span(half), DType::kF16, {3})},
              {"whole", make_view(std::span(whole), DType::kI64, {5})},
              {"none", make_view(std::span<const float>(), DType::kF32, {0})}});
  const auto bad = find_bad_values(*file, {.pool = pool_});
  ASSERT_TRUE(bad);
  ASSERT_EQ(bad->size(), 2u);
  EXPECT_EQ((*bad)[0].tensor, "large");
  EXPECT_EQ((*bad)[0].nans, 1);
  EXPECT_EQ((*bad)[0].infinities, 2);
  EXPECT_EQ((*bad)[1].tensor, "half");
  EXPECT_EQ((*bad)[1].nans, 1);
  EXPECT_EQ((*bad)[1].infinities, 1);
}

TEST_F(ValueCheck, StopsWhenAskedTo) {
  const std::vector<float> good = {0};
  const auto file = source({{"a", make_view(std::span(good), DType::kF32, {1})}});
  CancelToken token;
  token.cancel();
  const auto bad = find_bad_values(*file, {.pool = pool_, .cancel = &token});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(exit_status(bad.error().code), 130);
}

}  // namespace
}  // namespace sextant::cli
