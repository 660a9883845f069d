#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/cli/forward.h"
#include "sextant/io/dequantise.h"
#include "sextant/io/open_tensors.h"
#include "sextant/io/safetensors.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kTiny = test_data::repository("tests/parity/lm/bert");

Result<std::vector<OutputTensor>> run(const std::filesystem::path& input) {
  ThreadPool pool(1);
  const auto source = value_or_throw(io::open_tensors(input));
  return make_forward_bert()->run({.model = kTiny, .input = *source, .settings = {}},
                                  {.pool = pool});
}

// What is run with these tensors gives as an error.
struct Input {
  std::vector<int64_t> ids = {2, 10, 3, 2, 11, 3};
  std::vector<int64_t> mask = {1, 1, 1, 1, 1, 0};
  Shape ids_shape = {2, 3};
  Shape mask_shape = {2, 3};

  std::string error() const {
    const test_data::TempFolder folder;
    const auto path = folder / "in.safetensors";
    value_or_throw(io::write_safetensors(
        path, std::vector<io::NamedTensor>{
                  {"input_ids", make_view(std::span<const int64_t>(ids), DType::kI64, ids_shape)},
                  {"attention_mask",
                   make_view(std::span<const int64_t>(mask), DType::kI64, mask_shape)}}));
    const auto out = run(path);
    return out ? "" : out.error().message;
  }
};

TEST(ForwardBert, TellsWhatItTakesAndGives) {
  const auto family = make_forward_bert();
  EXPECT_THAT(family->names(), ElementsAre("bert"));
  EXPECT_TRUE(family->settings().empty());
  EXPECT_EQ(family->recognise(kTiny), "bert");
  EXPECT_EQ(family->recognise(test_data::repository("models/stories260k")), std::nullopt);
}

TEST(ForwardBert, MatchesTransformersOnAPaddedBatch) {
  const auto golden = value_or_throw(io::open_tensors(kTiny / "golden.safetensors"));
  const auto outputs = run(kTiny / "golden.safetensors");
  ASSERT_TRUE(outputs) << outputs.error().describe();
  ASSERT_EQ(outputs->size(), 2U);
  for (const OutputTensor& output : *outputs) {
    const auto expected = value_or_throw(io::read_f32(*golden, output.name + ".gelu"));
    ASSERT_EQ(output.values.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(output.values[i], expected[i], 1e-5) << output.name << " at " << i;
    }
  }
  EXPECT_EQ((*outputs)[0].shape, (Shape{4, 11, 32}));
  EXPECT_EQ((*outputs)[1].shape, (Shape{4, 3}));
}

TEST(ForwardBert, RefusesTensorsThatDoNotFit) {
  EXPECT_EQ(Input().error(), "");
  Input wide;
  wide.ids[2] = int64_t{1} << 40;
  EXPECT_THAT(wide.error(), HasSubstr("\"input_ids\": expected numbers from -2147483648 to "
                                      "2147483647, found 1099511627776 at 2"));
  Input far;
  far.ids[2] = 84;
  EXPECT_THAT(far.error(), HasSubstr("sequence 0: expected ids from 0 to 83, found 84"));
  Input flat;
  flat.ids_shape = {6};
  EXPECT_THAT(flat.error(), HasSubstr("expected I64 [B,T] with at least one token"));
  Input other;
  other.mask_shape = {3, 2};
  EXPECT_EQ(other.error(),
            "[cli/forward] tensor \"attention_mask\": expected I64 [2,3], found I64 [3,2]");
  Input unseen;
  unseen.mask = {0, 0, 0, 1, 1, 1};
  EXPECT_THAT(unseen.error(), HasSubstr("sequence 0: expected a mask with at least one 1"));
}

}  // namespace
}  // namespace sextant::cli
