#include "sextant/cli/forward_torch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/open_tensors.h"
#include "support/test_data.h"

namespace sextant::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kTiny = test_data::repository("tests/parity/nn/vit");

std::unique_ptr<ForwardFamily> family(std::string_view name) {
  for (TorchFamily& entry : torch_families()) {
    if (entry.name == name) {
      return make_forward_torch(std::move(entry));
    }
  }
  return nullptr;
}

Result<std::vector<OutputTensor>> run(const std::filesystem::path& model,
                                      const std::filesystem::path& input) {
  ThreadPool pool(1);
  const auto source = value_or_throw(io::open_tensors(input));
  return family("vit")->run({.model = model, .input = *source, .settings = {}}, {.pool = pool});
}

TEST(ForwardTorch, TellsWhatItTakesAndGives) {
  const auto vit = family("vit");
  EXPECT_THAT(vit->names(), ElementsAre("vit"));
  EXPECT_TRUE(vit->settings().empty());
  EXPECT_THAT(std::string(vit->inputs()), HasSubstr("pixel_values F32 [B,C,H,W]"));
  EXPECT_EQ(vit->recognise(kTiny), "vit");
  EXPECT_EQ(vit->recognise(test_data::repository("models/stories260k")), std::nullopt);
}

TEST(ForwardTorch, GivesTheLogitsOfTransformers) {
#ifndef SEXTANT_HAS_TORCH
  GTEST_SKIP() << "built with SEXTANT_TORCH=OFF";
#endif
  const auto outputs = run(kTiny, kTiny / "golden.safetensors");
  ASSERT_TRUE(outputs) << outputs.error().describe();
  ASSERT_EQ(outputs->size(), 1U);
  EXPECT_EQ(outputs->front().name, "logits");
  EXPECT_EQ(outputs->front().shape, (Shape{4, 3}));
  const auto golden = value_or_throw(io::open_tensors(kTiny / "golden.safetensors"));
  const auto expected = value_or_throw(golden->view("logits")).as<float>();
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(outputs->front().values[i], expected[i], 1e-5) << i;  // sums in another order
  }
}

TEST(ForwardTorch, PassesErrorsOn) {
#ifndef SEXTANT_HAS_TORCH
  GTEST_SKIP() << "built with SEXTANT_TORCH=OFF";
#endif
  const auto other = run(kTiny, kTiny / "model.safetensors");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message,
            "[nn/vit] tensor \"pixel_values\": expected F32 [B,3,12,12], found none");
  const auto missing = run(kTiny / "none", kTiny / "golden.safetensors");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sextant::cli
