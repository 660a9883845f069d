#include "sextant/train/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::train {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

std::vector<float> counted(const PlaneShape& shape, float first = 1) {
  std::vector<float> values(static_cast<size_t>(shape.count()));
  std::iota(values.begin(), values.end(), first);
  return values;
}

TEST(Augment, CropsShiftThePicture) {
  const PlaneShape shape{2, 3, 4};
  const auto in = counted(shape);
  std::set<std::vector<float>> seen;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    std::vector<float> out(in.size(), -1);
    random_crop(in, shape, 2, random, out);
    // Each is the picture moved by at most 2, with zeros behind it, alike in both planes.
    bool found = false;
    for (int64_t dy = -2; dy <= 2 && !found; ++dy) {
      for (int64_t dx = -2; dx <= 2 && !found; ++dx) {
        std::vector<float> moved(in.size());
        for (int64_t c = 0; c < 2; ++c) {
          for (int64_t y = 0; y < 3; ++y) {
            for (int64_t x = 0; x < 4; ++x) {
              const bool inside = y + dy >= 0 && y + dy < 3 && x + dx >= 0 && x + dx < 4;
              moved[static_cast<size_t>((c * 3 + y) * 4 + x)] =
                  inside ? in[static_cast<size_t>((c * 3 + y + dy) * 4 + x + dx)] : 0;
            }
          }
        }
        found = moved == out;
      }
    }
    EXPECT_TRUE(found) << seed;
    seen.insert(out);
  }
  EXPECT_EQ(seen.size(), 25U);  // all 5 x 5 places come up
}

TEST(Augment, NoPaddingIsNoCrop) {
  const PlaneShape shape{1, 3, 3};
  const auto in = counted(shape);
  std::vector<float> out(9);
  Random random(1);
  random_crop(in, shape, 0, random, out);
  EXPECT_EQ(out, in);
  // More padding than picture: nothing may be read outside.
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random other(seed);
    random_crop(in, shape, 9, other, out);
  }
}

TEST(Augment, FlipsHalfOfThePictures) {
  const PlaneShape shape{1, 2, 3};
  int flips = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    auto values = counted(shape);
    if (random_flip(values, shape, 0.5, random)) {
      ++flips;
      EXPECT_THAT(values, ElementsAre(3, 2, 1, 6, 5, 4));
    } else {
      EXPECT_EQ(values, counted(shape));
    }
  }
  EXPECT_NEAR(flips, 500, 80);  // five standard deviations
  auto values = counted(shape);
  Random random(1);
  EXPECT_FALSE(random_flip(values, shape, 0, random));
  EXPECT_TRUE(random_flip(values, shape, 1, random));
}

TEST(Augment, CropBoxesKeepTheirRange) {
  const PlaneShape shape{3, 60, 80};
  const BoxRange range;
  double area = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    const PlaneBox box = draw_crop(shape, range, random);
    ASSERT_TRUE(box.top >= 0 && box.left >= 0 && box.top + box.height <= 60 &&
                box.left + box.width <= 80);
    const double share = static_cast<double>(box.height * box.width) / 4800;
    const double ratio = static_cast<double>(box.width) / static_cast<double>(box.height);
    // Whole pixels: half a pixel on sides of at least 15.
    EXPECT_TRUE(share > 0.08 * 0.93 && share <= 1) << share;
    EXPECT_TRUE(ratio > 0.75 * 0.93 && ratio < 4.0 / 3 * 1.07) << ratio;
    area += share / 2000;
  }
  EXPECT_NEAR(area, 0.438, 0.02);  // a separate simulation of 200000; large boxes fit less often
}

TEST(Augment, CropsOfNarrowPicturesComeFromTheMiddle) {
  Random random(1);
  const BoxRange whole{.min_area = 1, .max_area = 1, .min_ratio = 1, .max_ratio = 1};
  EXPECT_EQ(draw_crop({1, 10, 100}, whole, random), (PlaneBox{0, 45, 10, 10}));
  EXPECT_EQ(draw_crop({1, 101, 10}, whole, random), (PlaneBox{45, 0, 10, 10}));
}

TEST(Augment, ErasesABox) {
  const PlaneShape shape{2, 20, 30};
  const Erasing erasing{.probability = 0.5, .box = {0.02, 0.33, 0.3, 3.3}, .value = -7};
  int erased = 0;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    const auto before = counted(shape);
    auto values = before;
    const bool done = random_erasing(values, shape, erasing, random);
    const auto holes = std::count(values.begin(), values.end(), -7.0F);
    erased += done ? 1 : 0;
    EXPECT_EQ(holes > 0, done);
    EXPECT_LT(holes, 2 * 600 * 0.37);
    EXPECT_EQ(std::count(values.begin(), values.begin() + 600, -7.0F) * 2, holes);
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_TRUE(values[i] == -7 || values[i] == before[i]);
    }
  }
  EXPECT_NEAR(erased, 250, 56);
  std::vector<float> one(1, 5.0F);
  Random random(1);
  EXPECT_FALSE(random_erasing(one, {1, 1, 1}, {.probability = 1}, random));  // nothing fits
}

TEST(Augment, MixupMixesPicturesAndLabels) {
  const PlaneShape shape{1, 1, 2};
  const std::vector<int64_t> labels = {0, 2, 2};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::vector<float> pixels = {1, 1, 2, 2, 4, 4};
    std::vector<float> soft(9, -1);
    mix_batch(pixels, shape, labels, {.mixup = 0.8, .classes = 3}, seed, soft);
    const float kept = soft[0];
    EXPECT_TRUE(kept >= 0 && kept <= 1);
    EXPECT_THAT(pixels, Pointwise(FloatNear(1e-6F),
                                  std::vector<float>{
                                      kept * 1 + (1 - kept) * 2, kept * 1 + (1 - kept) * 2,
                                      kept * 2 + (1 - kept) * 4, kept * 2 + (1 - kept) * 4,
                                      kept * 4 + (1 - kept) * 1, kept * 4 + (1 - kept) * 1}));
    EXPECT_THAT(soft, Pointwise(FloatNear(1e-6F),
                                std::vector<float>{kept, 0, 1 - kept, 0, 0, 1, 1 - kept, 0, kept}));
  }
}

TEST(Augment, CutmixPastesABoxOfTheLabelsShare) {
  const PlaneShape shape{2, 8, 6};
  const std::vector<int64_t> labels = {0, 1};
  std::set<int64_t> areas;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<float> pixels(192, 0.0F);
    std::fill(pixels.begin() + 96, pixels.end(), 1.0F);
    std::vector<float> soft(4);
    mix_batch(pixels, shape, labels, {.cutmix = 1, .classes = 2}, seed, soft);
    const auto pasted = std::count(pixels.begin(), pixels.begin() + 96, 1.0F);
    EXPECT_EQ(std::count(pixels.begin() + 96, pixels.end(), 0.0F), pasted);
    EXPECT_NEAR(soft[1], static_cast<double>(pasted) / 96, 1e-6);
    EXPECT_NEAR(soft[0] + soft[1], 1, 1e-6);
    areas.insert(pasted);
  }
  EXPECT_GT(areas.size(), 10U);
}

TEST(Augment, EitherMixingAndSmoothing) {
  const PlaneShape shape{1, 4, 4};
  const std::vector<int64_t> labels = {0, 1};
  int cuts = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<float> pixels(32, 0.0F);
    std::fill(pixels.begin() + 16, pixels.end(), 1.0F);
    std::vector<float> soft(4);
    mix_batch(pixels, shape, labels, {.mixup = 1, .cutmix = 1, .classes = 2}, seed, soft);
    const bool whole =
        std::all_of(pixels.begin(), pixels.end(), [](float v) { return v == 0 || v == 1; });
    cuts += whole ? 1 : 0;
  }
  EXPECT_NEAR(cuts, 100, 35);
  std::vector<float> pixels(32, 3.0F);
  std::vector<float> soft(4);
  mix_batch(pixels, shape, labels, {.classes = 2, .smoothing = 0.1}, 1, soft);
  EXPECT_EQ(pixels, std::vector<float>(32, 3.0F));
  EXPECT_THAT(soft, Pointwise(FloatNear(1e-6F), std::vector<float>{0.95F, 0.05F, 0.05F, 0.95F}));
}

// Changes of these numbers change every later training run.
TEST(Augment, Goldens) {
  Random random(2024);
  EXPECT_EQ(draw_crop({3, 60, 80}, {}, random), (PlaneBox{15, 8, 45, 35}));
  std::vector<float> out(6);
  const PlaneShape shape{1, 2, 3};
  random_crop(counted(shape), shape, 1, random, out);
  EXPECT_THAT(out, ElementsAre(0, 0, 0, 0, 1, 2));
  std::vector<float> pixels = {0, 0, 1, 1};
  std::vector<float> soft(4);
  mix_batch(pixels, {1, 1, 2}, std::vector<int64_t>{0, 1}, {.mixup = 0.4, .classes = 2}, 2024,
            soft);
  EXPECT_THAT(pixels, Pointwise(FloatNear(1e-6F),
                                std::vector<float>{0.468186F, 0.468186F, 0.531814F, 0.531814F}));
}

TEST(Augment, RefusesWrongShapes) {
  std::vector<float> values(6);
  std::vector<float> soft(2);
  Random random(1);
  EXPECT_THROW(random_flip(values, {1, 2, 2}, 1, random), SextantError);
  EXPECT_THROW(random_crop(values, {1, 2, 3}, -1, random, values), SextantError);
  EXPECT_THROW(mix_batch(values, {1, 2, 3}, std::vector<int64_t>{0}, {.classes = 3}, 1, soft),
               SextantError);
  EXPECT_THROW(mix_batch(values, {1, 2, 3}, std::vector<int64_t>{2}, {.classes = 2}, 1, soft),
               SextantError);
}

}  // namespace
}  // namespace sextant::train
