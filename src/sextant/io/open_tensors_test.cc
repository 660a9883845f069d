#include "sextant/io/open_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::io {
namespace {

using ::testing::HasSubstr;

struct FormatCase {
  const char* name;
  const char* file;  // below tests/parity
  const char* format;
};

class OpenTensorsFormats : public ::testing::TestWithParam<FormatCase> {};

// Under a name that says nothing, so that only the bytes can tell.
TEST_P(OpenTensorsFormats, RecognisesTheFormatByItsBytes) {
  const test_data::TempFolder folder;
  const auto original = test_data::repository(std::string("tests/parity/") + GetParam().file);
  std::filesystem::copy_file(original, folder / "weights.dat");
  for (const LoadMode mode : {LoadMode::kMap, LoadMode::kRead}) {
    const auto source = open_tensors(folder / "weights.dat", mode);
    ASSERT_TRUE(source) << source.error().describe();
    EXPECT_EQ((*source)->format(), GetParam().format);
    EXPECT_GT((*source)->tensors().size(), 0U);
    for (const TensorInfo& tensor : (*source)->tensors()) {
      EXPECT_EQ(tensor.file, "weights.dat");
      EXPECT_TRUE((*source)->view(tensor.name)) << tensor.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, OpenTensorsFormats,
    ::testing::Values(FormatCase{"Safetensors", "safetensors/all_types.safetensors", "safetensors"},
                      FormatCase{"Gguf", "gguf/quants.gguf", "gguf"},
                      FormatCase{"Npz", "npz/arrays.npz", "npz"},
                      FormatCase{"NpzDeflated", "npz/compressed.npz", "npz"},
                      FormatCase{"Npy", "npz/version1.npy", "npz"},
                      FormatCase{"Pickle", "pickle/nested.pt", "pickle"},
                      FormatCase{"PickleWithoutZip", "pickle/nested_old.pt", "pickle"},
                      FormatCase{"TorchScript", "pickle/script.pt", "pickle"}),
    [](const auto& parameter) { return parameter.param.name; });

std::string error_of(const std::filesystem::path& path) {
  const auto source = open_tensors(path);
  return source ? "opened"
                : std::string(to_string(source.error().code)) + ": " + source.error().message +
                      " | " + source.error().hint;
}

TEST(OpenTensorsErrors, SayWhatTheFileLooksLike) {
  const test_data::TempFolder folder;
  EXPECT_THAT(error_of(folder / "none"), HasSubstr("not_found: "));
  EXPECT_THAT(error_of(folder.write("a", "")), HasSubstr("data_loss: [io/open]"));
  EXPECT_THAT(error_of(folder.write("a", "")), HasSubstr("the file is empty"));
  EXPECT_THAT(error_of(folder.write("a",
                                    "\x7f"
                                    "ELF\x02\x01\x01 and more")),
              HasSubstr("unsupported: [io/open] " + (folder / "a").string() +
                        ": expected a file of tensors, found one that begins with "
                        "\"\\x7fELF\\x02\\x01\\x01 and more\" | safetensors, GGUF"));
  EXPECT_THAT(error_of(folder.write("a", "version https://git-lfs.github.com/spec/v1\n")),
              HasSubstr("run `git lfs pull`"));
  EXPECT_THAT(error_of(folder.write("a", "<!DOCTYPE html>")), HasSubstr("a web page"));
  // A JSON file is taken for an index, whose reader says what is missing.
  EXPECT_THAT(error_of(folder.write("a", "{\"model_type\": \"llama\"}")),
              HasSubstr("data_loss: [io/sharded] weight_map: expected an object"));
}

TEST(OpenTensorsErrors, ComeFromTheFormatOnceItIsRecognised) {
  const test_data::TempFolder folder;
  EXPECT_THAT(error_of(folder.write("a", "GGUF")), HasSubstr("[io/gguf]"));
  EXPECT_THAT(error_of(folder.write("a", "PK\x03\x04")), HasSubstr("[io/zip]"));
  EXPECT_THAT(error_of(folder.write("a", "\x93NUMPY")), HasSubstr("[io/npz]"));
  EXPECT_THAT(error_of(folder.write("a", std::string("\x05\0\0\0\0\0\0\0{", 9))),
              HasSubstr("[io/safetensors] header: expected 5 bytes"));
  // A length with bits in its upper half still is one, where no text begins so.
  EXPECT_THAT(error_of(folder.write("a", "\xff\xff\xff\xff\xff\xff\xff\xff{}")),
              HasSubstr("[io/safetensors] header: expected at most"));
  // And a JSON text with an object at its ninth byte is no safetensors file.
  EXPECT_THAT(error_of(folder.write("a", "{\"abcd\":{}}")), HasSubstr("[io/sharded]"));
}

TEST(OpenTensors, OpensFoldersAndIndices) {
  const test_data::TempFolder folder;
  const auto original = test_data::repository("tests/parity/safetensors/all_types.safetensors");
  std::filesystem::copy_file(original, folder / "model.safetensors");
  const auto single = open_tensors(folder.path());
  ASSERT_TRUE(single) << single.error().describe();
  EXPECT_EQ((*single)->format(), "safetensors");

  std::filesystem::rename(folder / "model.safetensors", folder / "x-1.safetensors");
  std::string map;
  for (const TensorInfo& tensor : (*single)->tensors()) {
    map += format("{}\"{}\":\"x-1.safetensors\"", map.empty() ? "" : ",", tensor.name);
  }
  folder.write("model.safetensors.index.json", "\n {\"weight_map\":{" + map + "}}");
  const auto sharded = open_tensors(folder.path());
  ASSERT_TRUE(sharded) << sharded.error().describe();
  EXPECT_EQ((*sharded)->tensors().size(), (*single)->tensors().size());
  EXPECT_FALSE(open_tensor_file(folder / "model.safetensors.index.json"));
}

TEST(OpenTensors, OpensShardsOfPickles) {
  const test_data::TempFolder folder;
  const auto original = test_data::repository("tests/parity/pickle/views.pt");
  std::filesystem::copy_file(original, folder / "pytorch_model-00001-of-00001.bin");
  const auto single = open_tensors(original);
  ASSERT_TRUE(single) << single.error().describe();
  std::string map;
  for (const TensorInfo& tensor : (*single)->tensors()) {
    map += format("{}\"{}\":\"pytorch_model-00001-of-00001.bin\"", map.empty() ? "" : ",",
                  tensor.name);
  }
  folder.write("pytorch_model.bin.index.json", "{\"weight_map\":{" + map + "}}");
  const auto sharded = open_tensors(folder.path());
  ASSERT_TRUE(sharded) << sharded.error().describe();
  EXPECT_EQ((*sharded)->format(), "pickle");
  for (const TensorInfo& tensor : (*single)->tensors()) {
    const auto one = (*single)->view(tensor.name);
    const auto other = (*sharded)->view(tensor.name);
    ASSERT_TRUE(one && other) << tensor.name;
    EXPECT_EQ(one->strides, other->strides);
  }
}

TEST(OpenTensors, OpensTheBundledModel) {
  const auto source = open_tensors(test_data::repository("models/stories260k"));
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_NE((*source)->find("model.norm.weight"), nullptr);
}

}  // namespace
}  // namespace sextant::io
