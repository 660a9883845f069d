#include "sextant/io/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/npy.h"
#include "support/peak_memory.h"
#include "support/temp_folder.h"
#include "support/tensor_goldens.h"
#include "support/test_data.h"
#include "support/zip_builder.h"

namespace sextant::io {
namespace {

using test_data::make_zip;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::filesystem::path golden(std::string_view name) {
  return test_data::repository("tests/parity/npz") / name;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// A row-major F32 array of zeros.
std::string zeros(const Shape& shape) {
  return make_npy_header(DType::kF32, shape).value() +
         std::string(static_cast<size_t>(byte_count(DType::kF32, shape).value()), '\0');
}

TEST(Npz, ReadsWhatNumpyWrites) {
  const Json expected =
      parse_json(test_data::read(golden("expected.json")), "expected.json").value();
  for (const auto& [file, tensors] : expected.items()) {
    for (const LoadMode mode : {LoadMode::kMap, LoadMode::kRead}) {
      const auto source = open_npz(golden(file), {.mode = mode, .check_data = true});
      ASSERT_TRUE(source) << file << ": " << source.error().describe();
      EXPECT_EQ((*source)->format(), "npz");
      EXPECT_EQ(test_data::difference(**source, tensors), "") << file;
    }
  }
}

TEST(Npz, DescribesMembersWithoutNumbers) {
  const auto source = open_npz(golden("others.npz"));
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_THAT((*source)->metadata(),
              UnorderedElementsAre(
                  Pair("gender", "neutral"), Pair("name", "größe 🙂"), Pair("old", "bytes"),
                  Pair("words", "not read: text, type <U2, shape [2]"),
                  Pair("objects", "not read: pickled Python objects, type |O, shape [2]"),
                  Pair("fields",
                       "not read: structured elements, type [('x', '<f4'), ('y', '<i8', (2,))], "
                       "shape [2]"),
                  Pair("waves", "not read: complex numbers, type <c8, shape [2]"),
                  Pair("day", "not read: dates, type <M8[D], shape []"),
                  Pair("swapped", "not read: big-endian numbers, type >i4, shape [3]"),
                  Pair("wide", "not read: an unknown element type, type <f16, shape [2]")));
}

TEST(Npz, SaysWhereTensorsLie) {
  const test_data::TestZip zip = make_zip({{"a.npy", zeros({2, 3})}, {"readme", "text"}});
  const auto source = parse_npz(bytes_of(zip.bytes), "t.npz");
  ASSERT_TRUE(source) << source.error().describe();
  const TensorInfo* a = (*source)->find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->bytes, 24);
  EXPECT_EQ(a->offset, zip.data[0] + 128);
  EXPECT_EQ(a->file, "t.npz");
  EXPECT_THAT((*source)->metadata(), ElementsAre(Pair("readme", "not an array: 4 bytes")));
  const auto missing = (*source)->view("b");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("[io/npz] tensor \"b\": not in the file"));
}

// numpy places arrays at any address; elements must still be read at theirs.
TEST(Npz, AlignsElementsWhateverTheirPlace) {
  std::string fortran = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }";
  fortran.resize(117, ' ');
  fortran = std::string(kNpyMagic) + '\1' + '\0' + char(118) + '\0' + fortran + '\n';
  for (const double value : {1.0, 2.0, 3.0, 4.0}) {
    fortran.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  for (size_t shift = 1; shift <= 8; ++shift) {
    const std::string bytes = make_zip({{std::string(shift, 'x') + ".npy", fortran}}).bytes;
    const auto source = parse_npz(bytes_of(bytes), "t.npz");
    ASSERT_TRUE(source) << source.error().describe();
    const auto view = (*source)->view(std::string(shift, 'x'));
    ASSERT_TRUE(view);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(view->data) % alignof(double), 0U);
    EXPECT_THAT(view->strides, ElementsAre(1, 2));
    EXPECT_EQ(reinterpret_cast<const double*>(view->data)[3], 4.0);
    TensorSource::release_pages({view->data, DType::kF64, {4}, {}});
    EXPECT_EQ(reinterpret_cast<const double*>(view->data)[3], 4.0);
  }
}

TEST(Npz, RefusesALoneArrayWithoutNumbers) {
  const test_data::TempFolder folder;
  std::string header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n";
  const auto path =
      folder.write("o.npy", std::string(kNpyMagic) + '\1' + '\0' +
                                static_cast<char>(header.size()) + '\0' + header + "pickle");
  const auto source = open_npz(path);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(
      source.error().message,
      "[io/npz] array \"arr_0\" (o.npy): expected numbers, found pickled Python objects (type "
      "|O)");
}

TEST(Npz, RefusesBadMembersWithTheirName) {
  const struct {
    std::string bytes;
    const char* message;
  } cases[] = {
      {make_zip({{"a.npy", "short"}}).bytes,
       "[io/npz] array \"a\" (t.npz): expected an array that begins with"},
      {make_zip({{"a.npy", zeros({2}) + "x"}}).bytes, "expected 8 bytes for <f4 of [2], found 9"},
      {make_zip({{"a.npy", zeros({2}).substr(0, 133), true}}).bytes, "found 5"},
      {make_zip({{"a.npy", zeros({1})}, {"a.npy", zeros({2})}}).bytes,
       "[io/zip] entry \"a.npy\": expected each name once"},
      {"no archive at all, but long enough", "[io/zip] expected an end record"},
      {"", "[io/zip] expected an end record"},
  };
  for (const auto& test : cases) {
    const auto source = parse_npz(bytes_of(test.bytes), "t.npz");
    ASSERT_FALSE(source) << test.message;
    EXPECT_EQ(source.error().code, ErrorCode::kDataLoss);
    EXPECT_THAT(source.error().message, HasSubstr(test.message));
  }
}

TEST(Npz, ComparesChecksumsWhenAsked) {
  test_data::TestZip zip = make_zip({{"a.npy", zeros({2})}});
  zip.bytes[zip.data[0] + 130] ^= 1;
  EXPECT_TRUE(parse_npz(bytes_of(zip.bytes), "t.npz"));
  const auto source = parse_npz(bytes_of(zip.bytes), "t.npz", {.check_data = true});
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr("entry \"a.npy\": expected CRC-32"));
}

TEST(Npz, RefusesToUnpackTooMuch) {
  const std::string array = zeros({1 << 22});  // 16 MB, some 16 kB when deflated
  const std::string bytes =
      make_zip({{"a.npy", array, true}, {"b.npy", array, true}, {"c.npy", array, true}}).bytes;
  const auto peak = test_data::peak_memory([&] {
    const auto source = parse_npz(bytes_of(bytes), "t.npz");
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().code, ErrorCode::kOutOfRange);
    EXPECT_THAT(source.error().message, HasSubstr("array \"c\" (t.npz): expected at most"));
    EXPECT_THAT(source.error().hint, HasSubstr("numpy.savez in place of numpy.savez_compressed"));
  });
  if (peak) {
    EXPECT_LE(*peak, test_data::hostile_file_limit(bytes.size()));
  }
}

class Truncations : public ::testing::TestWithParam<const char*> {};

TEST_P(Truncations, AreErrors) {
  const std::string whole = test_data::read(golden(GetParam()));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_npz(bytes_of(whole).first(size), "t")) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Npz, Truncations,
                         ::testing::Values("arrays.npz", "compressed.npz", "others.npz",
                                           "version1.npy", "version3.npy"),
                         [](const auto& test) {
                           std::string name = test.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

TEST(Npz, WritesArchivesThatItReads) {
  const test_data::TempFolder folder;
  const std::vector<float> matrix = {1, 2, 3, 4, 5, 6};
  const std::vector<int64_t> scalar = {-7};
  const NamedTensor tensors[] = {
      {"layer/w", make_view(std::span(matrix), DType::kF32, {2, 3})},
      {"n", make_view(std::span(scalar), DType::kI64, {})},
      {"none", {nullptr, DType::kU8, {0, 3}, {}}},
  };
  const auto path = folder / "out.npz";
  ASSERT_TRUE(write_npz(path, tensors));
  const std::string first = test_data::read(path);
  ASSERT_TRUE(write_npz(path, tensors));
  EXPECT_EQ(first, test_data::read(path));  // no time, no order of chance in it
  const auto source = open_npz(path, {.check_data = true});
  ASSERT_TRUE(source) << source.error().describe();
  ASSERT_EQ((*source)->tensors().size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    const TensorInfo& tensor = (*source)->tensors()[i];
    EXPECT_EQ(tensor.name, tensors[i].name);
    EXPECT_EQ(tensor.offset % 64, 0U);
    EXPECT_EQ(test_data::row_major_bytes((*source)->view(tensor.name).value()),
              test_data::row_major_bytes(tensors[i].view));
  }
}

TEST(Npz, WritesLoneArrays) {
  const test_data::TempFolder folder;
  const std::vector<double> values = {1, -2};
  ASSERT_TRUE(write_npy(folder / "a.npy", make_view(std::span(values), DType::kF64, {2})));
  const auto source = open_npz(folder / "a.npy");
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_EQ((*source)->view("arr_0")->as<double>()[1], -2);
}

TEST(Npz, LeavesNoFileWhereItCannotWriteTheType) {
  const test_data::TempFolder folder;
  const std::vector<uint16_t> values = {1};
  const TensorView view = make_view(std::span(values), DType::kBF16, {1});
  EXPECT_FALSE(write_npy(folder / "a.npy", view));
  const NamedTensor tensors[] = {{"a", view}};
  const auto written = write_npz(folder / "a.npz", tensors);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Npz, ReadsRealMotionFiles) {
  const auto path = test_data::shared("data/motion-freetalker/2_scott_0_85_85.npz");
  if (!path) {
    GTEST_SKIP() << "no development data beside the checkout";
  }
  const auto source = open_npz(*path, {.check_data = true});
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_EQ((*source)->find("poses")->shape, (Shape{579, 165}));
  EXPECT_EQ((*source)->metadata().at("gender"), "neutral");
  EXPECT_EQ((*source)->view("mocap_frame_rate")->as<int64_t>()[0], 20);
  const auto mean = open_npz(*test_data::shared("data/motion-freetalker/v3_mean.npy"));
  ASSERT_TRUE(mean) << mean.error().describe();
  EXPECT_EQ((*mean)->tensors()[0].shape, Shape{659});
}

}  // namespace
}  // namespace sextant::io
