#include "sextant/base/philox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cmath>
#include <vector>

#include "sextant/base/error.h"

namespace sextant {
namespace {

using ::testing::ElementsAre;

// The known answers that the generator's authors publish with it (Random123, kat_vectors).
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_THAT(philox4x32({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_THAT(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(
      philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

// torch.manual_seed(0); torch.randn(3, 4, device="cuda"), as commonly published to 4 decimals.
TEST(Philox, CudaNormalEqualsTorchOnADevice) {
  const float expected[] = {-0.9247f, -0.4253f, -2.6438f, 0.1452f,  -0.1209f, -0.5797f,
                            -0.6229f, -0.3284f, -1.0745f, -0.3631f, -1.6711f, 2.2655f};
  std::vector<float> out(12);
  EXPECT_EQ(cuda_normal(out, 0), 4u);
  for (size_t i = 0; i < out.size(); ++i) {
    EXPECT_NEAR(out[i], expected[i], 5.1e-5) << i;  // half of the last printed digit
  }
}

TEST(Philox, CudaNormalWrapsAroundTheGrid) {
  // One multiprocessor of 512 threads: 2048 numbers a round.
  const CudaGrid small{.multiprocessors = 1, .threads_per_multiprocessor = 512};
  std::vector<float> out(3000);
  EXPECT_EQ(cuda_normal(out, 7, 8, small), 16u);
  std::vector<float> first(2048);
  EXPECT_EQ(cuda_normal(first, 7, 8, small), 12u);
  std::vector<float> second(2048);
  cuda_normal(second, 7, 12, small);
  first.insert(first.end(), second.begin(), second.begin() + (3000 - 2048));
  EXPECT_EQ(out, first);
  // Numbers 0 and 512 are the first two of thread 0's draw.
  std::vector<float> one(1);
  cuda_normal(one, 7, 8, small);
  EXPECT_EQ(out[0], one[0]);
  EXPECT_NE(out[512], out[0]);
}

TEST(Philox, CudaNormalHasMeanZeroAndDeviationOne) {
  std::vector<float> out(1000000);
  cuda_normal(out, 3);
  double sum = 0;
  double squares = 0;
  for (float value : out) {
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  // Five standard errors: 1 / sqrt(n) of the mean, sqrt(2 / n) of the variance.
  EXPECT_NEAR(sum / 1e6, 0, 5e-3);
  EXPECT_NEAR(squares / 1e6, 1, 7.1e-3);
}

TEST(Philox, RefusesAnOffsetWithinADraw) {
  std::vector<float> out(4);
  EXPECT_THROW(cuda_normal(out, 0, 2), SextantError);
  EXPECT_EQ(cuda_normal({}, 0, 8), 8u);
}

}  // namespace
}  // namespace sextant
