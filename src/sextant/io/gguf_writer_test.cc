#include "sextant/io/gguf_writer.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/dequantise.h"
#include "sextant/io/gguf.h"
#include "support/checksum.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(GgufWriter, WritesWhatTheReaderGivesBack) {
  const test_data::TempFolder folder;
  const auto path = folder / "out.gguf";
  GgufWriter writer;
  writer.add("bool", true);
  writer.add("u32", uint32_t{4294967295});
  writer.add("i32", int32_t{-1});
  writer.add("u64", uint64_t{1} << 63);
  writer.add("i64", int64_t{-1} << 62);
  writer.add("f32", 0.1f);
  writer.add("string", "grüße");
  writer.add("strings", std::vector<std::string>{"", "b"});
  writer.add("f32s", std::vector<float>{0.5f});
  writer.add("i32s", std::vector<int32_t>{});
  writer.add("u8s", std::vector<uint8_t>{0, 255});
  const auto blocks = test_data::random_bytes(1, size_t{3} * 2 * 34);
  writer.add_tensor("q8", {blocks.data(), DType::kQ8_0, {3, 64}, {}});
  const std::vector<float> numbers = {1, 2, 3};
  writer.add_tensor("f32", make_view(std::span(numbers), DType::kF32, {3, 1}));
  writer.add_tensor("scalar", make_view(std::span(numbers).first(1), DType::kF32, {}));
  ASSERT_TRUE(writer.write(path));

  const auto file = value_or_throw(open_gguf(path));
  EXPECT_TRUE(file->get_bool("bool").value());
  EXPECT_EQ(file->get_u32("u32").value(), 4294967295u);
  EXPECT_EQ(file->get_i64("i32").value(), -1);
  EXPECT_EQ(file->get_u64("u64").value(), uint64_t{1} << 63);
  EXPECT_EQ(file->get_i64("i64").value(), int64_t{-1} << 62);
  EXPECT_EQ(file->get_f32("f32").value(), 0.1f);
  EXPECT_EQ(file->get_string("string").value(), "grüße");
  EXPECT_THAT(file->get_string_array("strings").value(), ElementsAre("", "b"));
  EXPECT_THAT(file->get_f32_array("f32s").value(), ElementsAre(0.5f));
  EXPECT_TRUE(file->get_i32_array("i32s").value().empty());
  EXPECT_THAT(file->get_u8_array("u8s").value(), ElementsAre(0, 255));
  const TensorView q8 = file->view("q8").value();
  EXPECT_EQ(q8.dtype, DType::kQ8_0);
  EXPECT_EQ(q8.shape, (Shape{3, 64}));
  EXPECT_EQ(std::memcmp(q8.data, blocks.data(), blocks.size()), 0);
  EXPECT_THAT(read_f32(*file, "f32").value(), ElementsAre(1, 2, 3));
  EXPECT_THAT(read_f32(*file, "scalar").value(), ElementsAre(1));
}

// The bytes are those of the reference library, which wrote the golden file.
TEST(GgufWriter, RewritesAReferenceFileByteForByte) {
  const auto path = test_data::repository("tests/parity/gguf/quants.gguf");
  const auto original = value_or_throw(open_gguf(path));
  GgufWriter writer;
  writer.add("general.architecture", original->get_string("general.architecture").value());
  for (const TensorInfo& tensor : original->tensors()) {
    writer.add_tensor(tensor.name, original->view(tensor.name).value());
  }
  const test_data::TempFolder folder;
  ASSERT_TRUE(writer.write(folder / "copy.gguf"));
  EXPECT_EQ(test_data::read(folder / "copy.gguf"), test_data::read(path));
}

// A file that is open keeps its bytes while its name is written anew.
TEST(GgufWriter, ReplacesAnOpenFileWithoutChangingIt) {
  const test_data::TempFolder folder;
  const auto path = folder / "out.gguf";
  const std::vector<float> old_values = {1};
  const std::vector<float> new_values = {2};
  GgufWriter first;
  first.add_tensor("w", make_view(std::span(old_values), DType::kF32, {1}));
  ASSERT_TRUE(first.write(path));
  const auto open = value_or_throw(open_gguf(path));
  GgufWriter second;
  second.add_tensor("w", make_view(std::span(new_values), DType::kF32, {1}));
  ASSERT_TRUE(second.write(path));
  EXPECT_THAT(read_f32(*open, "w").value(), ElementsAre(1));
  EXPECT_THAT(read_f32(*value_or_throw(open_gguf(path)), "w").value(), ElementsAre(2));
}

TEST(GgufWriter, RefusesWhatGgufCannotHoldAndWritesNothing) {
  const test_data::TempFolder folder;
  const auto path = folder / "out.gguf";
  const std::vector<float> numbers = {1};
  const auto message = [&](const std::string& name, const TensorView& view, int times = 1) {
    GgufWriter writer;
    for (int i = 0; i < times; ++i) {
      writer.add_tensor(name, view);
    }
    return writer.write(path).error().message;
  };
  const TensorView scalar = make_view(std::span(numbers), DType::kF32, {1});
  EXPECT_EQ(message("w", make_view(std::span(numbers), DType::kU32, {1})),
            "[io/gguf] tensor \"w\": expected an element type of GGUF and at most 4 dimensions, "
            "found U32 [1]");
  EXPECT_THAT(message("w", make_view(std::span(numbers), DType::kF32, {1, 1, 1, 1, 1})),
              HasSubstr("found F32 [1,1,1,1,1]"));
  EXPECT_THAT(message(std::string(64, 'n'), scalar),
              HasSubstr("expected at most 63 printable ASCII characters, found 64 bytes"));
  EXPECT_THAT(message("a\nb", scalar), HasSubstr("printable ASCII"));
  EXPECT_THAT(message("w", scalar, 2), HasSubstr("tensor \"w\": expected each name once"));
  GgufWriter keys;
  keys.add("k", true);
  keys.add("k", 1.0f);
  EXPECT_THAT(keys.write(path).error().message, HasSubstr("key \"k\": expected each name once"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(GgufWriter, ThrowsOnStridedTensors) {
  const std::vector<float> numbers = {1, 2, 3, 4};
  TensorView view = make_view(std::span(numbers), DType::kF32, {2, 2});
  view.strides = {1, 2};
  GgufWriter writer;
  EXPECT_THROW(writer.add_tensor("w", view), SextantError);
}

TEST(GgufWriter, NamesTheFolderThatIsMissing) {
  const test_data::TempFolder folder;
  EXPECT_EQ(GgufWriter().write(folder / "none/out.gguf").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sextant::io
