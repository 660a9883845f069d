#include "sextant/io/safetensors.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <numeric>

#include "sextant/base/json.h"
#include "support/peak_memory.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string length_of(uint64_t value) {
  std::string text(8, '\0');
  for (size_t i = 0; i < 8; ++i) {
    text[i] = static_cast<char>(value >> (8 * i));
  }
  return text;
}

// A whole file: the header with its length, then `data` zero bytes.
std::string file_of(const std::string& header, size_t data = 0) {
  return length_of(header.size()) + header + std::string(data, '\0');
}

Result<SafetensorsHeader> parse(const std::string& file) {
  return parse_safetensors(std::as_bytes(std::span(file)), "t.safetensors");
}

// An entry of a header.
std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":{}}})", name, dtype, shape,
                offsets);
}

TEST(Safetensors, ReadsShapesTypesAndMetadata) {
  const std::string header = R"({"__metadata__":{"format":"pt"},)" +
                             entry("b", "F32", "[2,3]", "[8,32]") + "," +
                             entry("a", "I64", "[]", "[0,8]") + "}   ";
  const auto parsed = parse(file_of(header, 32));
  ASSERT_TRUE(parsed) << parsed.error().describe();
  EXPECT_THAT(parsed->metadata, ElementsAre(Pair("format", "pt")));
  ASSERT_EQ(parsed->tensors.size(), 2U);
  EXPECT_EQ(parsed->tensors[0].name, "a");
  EXPECT_EQ(parsed->tensors[0].shape, Shape{});
  EXPECT_EQ(parsed->tensors[1].name, "b");
  EXPECT_EQ(parsed->tensors[1].dtype, DType::kF32);
  EXPECT_EQ(parsed->tensors[1].bytes, 24);
  EXPECT_EQ(parsed->tensors[1].offset, 8 + header.size() + 8);
  EXPECT_EQ(parsed->tensors[1].file, "t.safetensors");
}

TEST(Safetensors, AcceptsZeroSizesAndNoTensorsAtAll) {
  EXPECT_TRUE(parse(file_of("{}")));
  EXPECT_TRUE(parse(file_of("{" + entry("a", "F32", "[0,7]", "[0,0]") + "," +
                                entry("b", "U8", "[3]", "[0,3]") + "," +
                                entry("c", "F16", "[2,0]", "[3,3]") + "}",
                            3)));
}

struct BadFile {
  const char* name;
  std::string bytes;
  ErrorCode code;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const BadFile& file) { return out << file.name; }

std::string case_name(const ::testing::TestParamInfo<BadFile>& file) { return file.param.name; }

class BadSafetensors : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadSafetensors, IsRefusedWithItsReason) {
  const auto parsed = parse(GetParam().bytes);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, GetParam().code) << parsed.error().message;
  EXPECT_THAT(parsed.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(parsed.error().message, HasSubstr("t.safetensors"));
}

constexpr ErrorCode kLoss = ErrorCode::kDataLoss;
constexpr ErrorCode kRange = ErrorCode::kOutOfRange;

// Rules 1 and 2: the frame of the header.
INSTANTIATE_TEST_SUITE_P(
    Frame, BadSafetensors,
    ::testing::Values(
        BadFile{"Empty", "", kLoss, "header length: expected 8 bytes, file has 0"},
        BadFile{"SevenBytes", "1234567", kLoss, "expected 8 bytes, file has 7"},
        BadFile{"LengthBeyondTheFile", length_of(100) + "{}", kLoss,
                "header: expected 100 bytes, file has 2 after the length"},
        BadFile{"LengthThatOverflows", length_of(~uint64_t{0}) + "{}", kRange,
                "expected at most 33554432 bytes, file says 18446744073709551615"},
        BadFile{"LengthAboveTheLimit", length_of((32 << 20) + 1) + "{}", kRange,
                "expected at most 33554432 bytes, file says 33554433"},
        BadFile{"EmptyHeader", file_of(""), kLoss, "expected a JSON object from the first byte"},
        BadFile{"SpaceFirst", file_of(" {}"), kLoss, "expected a JSON object from the first byte"},
        BadFile{"ByteOrderMark", file_of("\xef\xbb\xbf{}"), kLoss, "from the first byte"},
        BadFile{"List", file_of("[]"), kLoss, "expected a JSON object"},
        BadFile{"NewlinePadding", file_of("{}\n"), kLoss, "only spaces after it"},
        BadFile{"ZeroPadding", file_of(std::string("{}\0\0", 4)), kLoss, "only spaces after it"},
        BadFile{"HiddenBehindZero", file_of(std::string("{}\0{}", 5)), kLoss, "a zero byte"},
        BadFile{"TwoObjects", file_of("{} {}"), kLoss, "not JSON at byte"},
        BadFile{"Comment", file_of("{/* */}"), kLoss, "not JSON at byte"},
        BadFile{"Unclosed", file_of("{\"__metadata__\":{}"), kLoss, "not JSON at byte"},
        BadFile{"NotUtf8", file_of("{\"a\xff\":{}}"), kLoss, "ill-formed UTF-8 byte"}),
    case_name);

// Rules 3 to 5 and 9: keys, types, shapes, names.
INSTANTIATE_TEST_SUITE_P(
    Entries, BadSafetensors,
    ::testing::Values(
        BadFile{"TensorTwice",
                file_of("{" + entry("a", "U8", "[1]", "[0,1]") + "," +
                            entry("a", "U8", "[1]", "[1,2]") + "}",
                        2),
                kLoss, "tensor \"a\": expected once, file has it twice"},
        BadFile{"TensorTwiceThroughEscapes",
                file_of("{" + entry("a", "U8", "[1]", "[0,1]") + "," +
                            entry("\\u0061", "U8", "[1]", "[1,2]") + "}",
                        2),
                kLoss, "tensor \"a\": expected once"},
        BadFile{"FieldTwice", file_of(R"({"a":{"dtype":"U8","dtype":"I8"}})"), kLoss,
                "tensor \"a\", dtype: expected once, file has it twice"},
        BadFile{"MetadataTwice", file_of(R"({"__metadata__":{},"__metadata__":{}})"), kLoss,
                "__metadata__: expected once"},
        BadFile{"MetadataKeyTwice", file_of(R"({"__metadata__":{"k":"1","k":"2"}})"), kLoss,
                "__metadata__, k: expected once"},
        BadFile{"MetadataNumber", file_of(R"({"__metadata__":{"k":1}})"), kLoss,
                "__metadata__, k: expected a text, file has the number 1"},
        BadFile{"MetadataNested", file_of(R"({"__metadata__":{"k":{}}})"), kLoss,
                "__metadata__, k: expected a text, file has an object"},
        BadFile{"MetadataText", file_of(R"({"__metadata__":"x"})"), kLoss,
                "__metadata__: expected an object, file has the text \"x\""},
        BadFile{"UnknownType", file_of("{" + entry("a", "F4", "[1]", "[0,1]") + "}", 1),
                ErrorCode::kUnsupported, "file has \"F4\""},
        BadFile{"BlockType", file_of("{" + entry("a", "Q4_0", "[32]", "[0,18]") + "}", 18),
                ErrorCode::kUnsupported, "file has \"Q4_0\""},
        BadFile{"LowerCaseType", file_of("{" + entry("a", "f32", "[1]", "[0,4]") + "}", 4),
                ErrorCode::kUnsupported, "file has \"f32\""},
        BadFile{"NoType", file_of(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1), kLoss,
                "tensor \"a\": expected a field dtype, file has none"},
        BadFile{"NoShape", file_of(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1), kLoss,
                "expected a field shape, file has none"},
        BadFile{"NoOffsets", file_of(R"({"a":{"dtype":"U8","shape":[1]}})", 1), kLoss,
                "expected a field data_offsets, file has none"},
        BadFile{"UnknownField", file_of(R"({"a":{"strides":[1]}})"), kLoss,
                "tensor \"a\", strides: expected only dtype, shape and data_offsets"},
        BadFile{"EntryIsANumber", file_of(R"({"a":1})"), kLoss,
                "tensor \"a\": expected an object, file has the number 1"},
        BadFile{"TypeIsANumber", file_of(R"({"a":{"dtype":7}})"), kLoss,
                "tensor \"a\", dtype: expected a text, file has the number 7"},
        BadFile{"TypeIsAList", file_of(R"({"a":{"dtype":["U8"]}})"), kLoss, "file has a list"},
        BadFile{"ShapeIsAText", file_of(R"({"a":{"shape":"[1]"}})"), kLoss,
                "expected a list of integers, file has the text \"[1]\""},
        BadFile{"ShapeIsNull", file_of(R"({"a":{"shape":null}})"), kLoss, "file has null"},
        BadFile{"NegativeExtent", file_of(R"({"a":{"shape":[-1]}})"), kLoss,
                "expected integers from 0 to 2^63, file has the number -1"},
        BadFile{"FractionalExtent", file_of(R"({"a":{"shape":[1.0]}})"), kLoss,
                "file has the number 1.0"},
        BadFile{"ExtentBeyond64Bits", file_of(R"({"a":{"shape":[18446744073709551616]}})"), kLoss,
                "file has the number 18446744073709551616"},
        BadFile{"ExtentBeyond63Bits", file_of(R"({"a":{"shape":[9223372036854775808]}})"), kLoss,
                "file has the number 9223372036854775808"},
        BadFile{"BooleanExtent", file_of(R"({"a":{"shape":[true]}})"), kLoss, "a boolean"},
        BadFile{"NestedShape", file_of(R"({"a":{"shape":[[1]]}})"), kLoss, "file has a list"},
        BadFile{"ProductThatWraps",
                file_of("{" + entry("a", "U8", "[4294967296,4294967296,4]", "[0,0]") + "}"), kLoss,
                "U8 [4294967296,4294967296,4] does not fit in 63 bits"},
        BadFile{"ProductThatWrapsBehindZero",
                file_of("{" + entry("a", "U8", "[0,4294967296,4294967296]", "[0,0]") + "}"), kLoss,
                "does not fit in 63 bits"},
        BadFile{"BytesThatWrap",
                file_of("{" + entry("a", "F64", "[2305843009213693952]", "[0,0]") + "}"), kLoss,
                "does not fit in 63 bits"},
        BadFile{"RankSeventeen", file_of(R"({"a":{"shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}})"),
                kRange, "tensor \"a\", shape: expected at most 16 numbers"},
        BadFile{"LongName", file_of("{\"" + std::string(1025, 'n') + "\":{}}"), kRange,
                "expected a name of at most 1024 bytes"},
        BadFile{"ControlCharacterInName", file_of(R"({"a\u001b[2J":{}})"), kRange,
                R"(tensor "a\x1b[2J": expected a name)"},
        BadFile{"DeepNesting", file_of("{\"a\":" + std::string(5000, '[') + "}"), kLoss,
                "expected an object, file has a list"}),
    case_name);

// Rules 6 to 8: the bytes.
INSTANTIATE_TEST_SUITE_P(
    Layout, BadSafetensors,
    ::testing::Values(
        BadFile{"OneOffset", file_of(R"({"a":{"data_offsets":[0]}})"), kLoss,
                "data_offsets: expected a begin and an end not before it, file has [0]"},
        BadFile{"ThreeOffsets", file_of(R"({"a":{"data_offsets":[0,1,2]}})"), kLoss,
                "file has [0,1,2]"},
        BadFile{"EndBeforeBegin", file_of(R"({"a":{"data_offsets":[4,0]}})"), kLoss,
                "file has [4,0]"},
        BadFile{"SizeUnlikeShape", file_of("{" + entry("a", "F32", "[3]", "[0,8]") + "}", 8), kLoss,
                "tensor \"a\": expected 12 bytes for F32 [3], file has 8"},
        BadFile{"FirstNotAtZero", file_of("{" + entry("a", "U8", "[1]", "[1,2]") + "}", 2), kLoss,
                "expected to begin at byte 0 of the data"},
        BadFile{"Hole",
                file_of("{" + entry("a", "U8", "[1]", "[0,1]") + "," +
                            entry("b", "U8", "[1]", "[2,3]") + "}",
                        3),
                kLoss, "tensor \"b\": expected to begin at byte 1 of the data"},
        BadFile{"Overlap",
                file_of("{" + entry("a", "U8", "[2]", "[0,2]") + "," +
                            entry("b", "U8", "[2]", "[1,3]") + "}",
                        3),
                kLoss, "tensor \"b\": expected to begin at byte 2 of the data"},
        BadFile{"SameBytesTwice",
                file_of("{" + entry("a", "U8", "[2]", "[0,2]") + "," +
                            entry("b", "U8", "[2]", "[0,2]") + "}",
                        2),
                kLoss, "tensor \"b\": expected to begin at byte 2"},
        BadFile{"EmptyTensorInsideAnother",
                file_of("{" + entry("a", "U8", "[2]", "[0,2]") + "," +
                            entry("b", "U8", "[0]", "[1,1]") + "}",
                        2),
                kLoss, "tensor \"b\": expected to begin at byte 2"},
        BadFile{"TensorPastTheEnd", file_of("{" + entry("a", "U8", "[9]", "[0,9]") + "}", 8), kLoss,
                "data: expected 9 bytes for 1 tensors, file has 8"},
        BadFile{"TensorFarPastTheEnd",
                file_of("{" + entry("a", "U8", "[9223372036854775807]", "[0,9223372036854775807]") +
                        "}"),
                kLoss, "data: expected 9223372036854775807 bytes"},
        BadFile{"SumThatWraps",
                file_of("{" + entry("a", "U8", "[9223372036854775807]", "[0,9223372036854775807]") +
                        "," + entry("b", "U8", "[0]", "[9223372036854775807,9223372036854775807]") +
                        "}"),
                kLoss, "data: expected 9223372036854775807 bytes"},
        BadFile{"BytesBehindTheData", file_of("{" + entry("a", "U8", "[1]", "[0,1]") + "}", 2),
                kLoss, "data: expected 1 bytes for 1 tensors, file has 2"},
        BadFile{"BytesWithoutTensors", file_of("{}", 1), kLoss,
                "data: expected 0 bytes for 0 tensors, file has 1"}),
    case_name);

// Headers that try to cost memory or time.
struct HostileHeader {
  const char* name;
  std::string header;
};

// Each of about `size` bytes.
std::vector<HostileHeader> hostile_headers(size_t size) {
  const auto repeated = [&](std::string text, std::string_view part) {
    while (text.size() + part.size() < size) {
      text += part;
    }
    return text;
  };
  std::string tensors = "{";
  std::string metadata = R"({"__metadata__":{)";
  for (int i = 0; tensors.size() + 200 < size; ++i) {
    tensors +=
        "\"" + std::to_string(i) +
        R"(":{"dtype":"U8","shape":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"data_offsets":[0,0]},)";
    metadata += "\"" + std::to_string(i) + R"(":"",)";
  }
  const std::string text(std::min(size / 2, size_t{7} << 20), 'v');
  return {{"Tensors", tensors},
          {"SmallMetadata", metadata},
          {"LongText", repeated("{\"", "nnnnnnnn")},
          {"LongMetadataTexts", R"({"__metadata__":{"k":")" + text + R"(","l":")" + text + "\""},
          {"LongNumber", repeated(R"({"a":{"shape":[)", "11111111")},
          {"LongShape", repeated(R"({"a":{"shape":[0)", ",0")},
          {"Brackets", repeated("{\"a\":", "[[[[[[[[")},
          {"Escapes", repeated("{\"", "\\u0041")}};
}

// Time of the processor, so that other work on the machine does not count.
double processor_milliseconds() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

TEST(Safetensors, HostileHeadersCostLittleMemory) {
  for (const auto& [name, header] : hostile_headers(size_t{31} << 20)) {
    const std::string file = file_of(header + "}");
    const auto peak = test_data::peak_memory([&] {
      if (parse(file)) {
        _exit(1);
      }
    });
    if (!peak) {
      GTEST_SKIP() << "memory is not measured under a sanitizer";
    }
    EXPECT_LE(*peak, test_data::hostile_file_limit(file.size())) << name;
  }
}

TEST(Safetensors, SmallBadFilesAreRefusedWithin100Milliseconds) {
  if (test_data::sanitized()) {
    GTEST_SKIP() << "a sanitizer's own work would be counted";
  }
  for (const auto& [name, header] : hostile_headers((1 << 20) - 16)) {
    const std::string file = file_of(header + "}");
    const double begin = processor_milliseconds();
    EXPECT_FALSE(parse(file));
    EXPECT_LE(processor_milliseconds() - begin, 100) << name;
  }
}

TEST(Safetensors, OpensAFileOf14GigabytesWithin50Milliseconds) {
  const test_data::TempFolder folder;
  // 7B parameters as 290 tensors of BF16, the data never written.
  constexpr int kTensors = 290;
  constexpr int64_t kRows = 24'000;
  constexpr int64_t kBytes = kRows * 1000 * 2;
  std::string header = "{";
  for (int i = 0; i < kTensors; ++i) {
    header += (i == 0 ? "" : ",") + entry(format("model.layers.{}.weight", i), "BF16",
                                          format("[{},1000]", kRows),
                                          format("[{},{}]", i * kBytes, (i + 1) * kBytes));
  }
  header += "}";
  const auto path = folder.write("big.safetensors", file_of(header));
  if (truncate(path.c_str(), static_cast<off_t>(8 + header.size() + kTensors * kBytes)) != 0) {
    GTEST_SKIP() << "this file system has no sparse file of 14 GB";
  }
  const double begin = processor_milliseconds();
  const auto source = open_safetensors(path);
  const double time = processor_milliseconds() - begin;
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_EQ((*source)->tensors().size(), static_cast<size_t>(kTensors));
  EXPECT_LE(time, test_data::sanitized() ? 500 : 50);
  const auto view = (*source)->view("model.layers.289.weight");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->bytes().back(), std::byte{0});
}

TEST(Safetensors, WritesWhatItReads) {
  const test_data::TempFolder folder;
  std::vector<float> floats(6);
  std::iota(floats.begin(), floats.end(), 0.5F);
  const std::vector<uint8_t> bytes = {1, 2, 3};
  const std::vector<int64_t> scalar = {-7};
  const std::vector<NamedTensor> tensors = {
      {"z\"\u00e9", make_view<uint8_t>(bytes, DType::kU8, {3})},
      {"b", make_view<float>(floats, DType::kF32, {2, 3})},
      {"s", make_view<int64_t>(scalar, DType::kI64, {})},
      {"empty", make_view<float>({}, DType::kF32, {0, 4})}};
  const auto path = folder / "a.safetensors";
  const std::map<std::string, std::string> metadata = {{"format", "pt"}, {"note", "two\nlines"}};
  const auto written = write_safetensors(path, tensors, metadata);
  ASSERT_TRUE(written) << written.error().describe();

  const auto source = open_safetensors(path);
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_EQ((*source)->format(), "safetensors");
  EXPECT_EQ((*source)->metadata(), metadata);
  ASSERT_EQ((*source)->tensors().size(), tensors.size());
  for (const NamedTensor& tensor : tensors) {
    const auto view = (*source)->view(tensor.name);
    ASSERT_TRUE(view) << view.error().describe();
    EXPECT_EQ(view->dtype, tensor.view.dtype);
    EXPECT_EQ(view->shape, tensor.view.shape);
    EXPECT_TRUE(std::ranges::equal(view->bytes(), tensor.view.bytes()));
  }
  // Wide types first, so that nothing is unaligned.
  EXPECT_EQ((*source)->tensors()[0].name, "s");
  EXPECT_EQ((*source)->tensors()[3].name, "z\"\u00e9");

  // The order of the list does not matter.
  const std::vector<NamedTensor> reversed(tensors.rbegin(), tensors.rend());
  ASSERT_TRUE(write_safetensors(folder / "b.safetensors", reversed, metadata));
  EXPECT_EQ(test_data::read(path), test_data::read(folder / "b.safetensors"));
}

TEST(Safetensors, WritesOntoTheFileItReadsFrom) {
  const test_data::TempFolder folder;
  const std::vector<float> values = {1, 2, 3};
  const auto path = folder / "a.safetensors";
  ASSERT_TRUE(write_safetensors(
      path, std::vector<NamedTensor>{{"a", make_view<float>(values, DType::kF32, {3})}}));
  const auto source = open_safetensors(path);
  ASSERT_TRUE(source);
  const std::vector<NamedTensor> renamed = {{"b", (*source)->view("a").value()}};
  ASSERT_TRUE(write_safetensors(path, renamed));
  const auto again = open_safetensors(path);
  ASSERT_TRUE(again);
  EXPECT_THAT((*again)->view("b")->as<float>(), ElementsAre(1, 2, 3));
  EXPECT_THAT((*source)->view("a")->as<float>(), ElementsAre(1, 2, 3));
}

TEST(Safetensors, RefusesToWriteWhatCouldNotBeRead) {
  const test_data::TempFolder folder;
  const std::vector<uint8_t> bytes(18);
  const TensorView view = make_view<uint8_t>(bytes, DType::kU8, {18});
  const auto message = [&](const std::vector<NamedTensor>& tensors) {
    const auto written = write_safetensors(folder / "a.safetensors", tensors);
    return written ? "written" : written.error().message;
  };
  EXPECT_THAT(message({{"a", view}, {"a", view}}), HasSubstr("\"a\": expected each name once"));
  EXPECT_THAT(message({{"a\n", view}}), HasSubstr("without control characters"));
  EXPECT_THAT(message({{"__metadata__", view}}), HasSubstr("expected each name once"));
  EXPECT_THAT(message({{"a\xff", view}}), HasSubstr("without control characters"));
  EXPECT_THAT(message({{"q", {view.data, DType::kQ4_0, {32}, {}}}}),
              HasSubstr("\"q\": expected plain elements, found Q4_0"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.safetensors"));
}

TEST(Safetensors, GivesAlignedCopiesOfUnalignedTensors) {
  const test_data::TempFolder folder;
  const std::string header =
      "{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("b", "F32", "[2]", "[1,9]") + "}";
  std::string file = file_of(header, 1);
  const std::array<float, 2> values = {1.5F, -2.0F};
  file.append(reinterpret_cast<const char*>(values.data()), sizeof(values));
  const auto source = open_safetensors(folder.write("a.safetensors", file));
  ASSERT_TRUE(source) << source.error().describe();
  const auto view = (*source)->view("b");
  ASSERT_TRUE(view);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(view->data) % sizeof(float), 0U);
  EXPECT_THAT(view->as<float>(), ElementsAre(1.5F, -2.0F));
  EXPECT_EQ((*source)->view("b")->data, view->data);
  TensorSource::release_pages(*view);
  EXPECT_THAT(view->as<float>(), ElementsAre(1.5F, -2.0F));
}

TEST(Safetensors, ReleasedPagesAreReadAgain) {
  const test_data::TempFolder folder;
  const std::vector<float> values(10000, 2.5F);
  const auto path = folder / "a.safetensors";
  ASSERT_TRUE(write_safetensors(
      path, std::vector<NamedTensor>{{"a", make_view<float>(values, DType::kF32, {10000})}}));
  for (const LoadMode mode : {LoadMode::kMap, LoadMode::kRead}) {
    const auto source = open_safetensors(path, mode);
    ASSERT_TRUE(source);
    const auto view = (*source)->view("a");
    ASSERT_TRUE(view);
    TensorSource::release_pages(*view);
    EXPECT_TRUE(std::ranges::equal(view->as<float>(), values));
  }
}

TEST(Safetensors, NamesTheNearestTensor) {
  const test_data::TempFolder folder;
  const auto source = open_safetensors(folder.write(
      "a.safetensors", file_of("{" + entry("lm_head.weight", "U8", "[1]", "[0,1]") + "}", 1)));
  ASSERT_TRUE(source);
  const auto view = (*source)->view("lm_head.wieght");
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(view.error().hint, "the nearest name is \"lm_head.weight\"");
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += format("{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

// Written by the reference library (scripts/goldens/make_safetensors.py).
TEST(Safetensors, ReadsEveryTypeExactlyAsTheReferenceWroteIt) {
  const auto folder = test_data::repository("tests/parity/safetensors");
  const auto source = open_safetensors(folder / "all_types.safetensors");
  ASSERT_TRUE(source) << source.error().describe();
  const auto expected = parse_json(test_data::read(folder / "all_types.json"), "all_types.json");
  ASSERT_TRUE(expected) << expected.error().describe();
  EXPECT_EQ(Json((*source)->metadata()), expected->at("metadata"));
  EXPECT_EQ((*source)->tensors().size(), expected->at("tensors").size());
  for (const auto& [name, tensor] : expected->at("tensors").items()) {
    const auto view = (*source)->view(name);
    ASSERT_TRUE(view) << view.error().describe();
    EXPECT_EQ(to_string(view->dtype), tensor.at("dtype").get<std::string>()) << name;
    EXPECT_EQ(view->shape, tensor.at("shape").get<Shape>()) << name;
    EXPECT_EQ(hex(view->bytes()), tensor.at("bytes").get<std::string>()) << name;
  }
}

TEST(Safetensors, CopiesAReferenceFileExactly) {
  const test_data::TempFolder folder;
  const auto path = test_data::repository("tests/parity/safetensors/all_types.safetensors");
  const auto source = open_safetensors(path);
  ASSERT_TRUE(source);
  std::vector<NamedTensor> tensors;
  for (const TensorInfo& tensor : (*source)->tensors()) {
    tensors.push_back({tensor.name, (*source)->view(tensor.name).value()});
  }
  ASSERT_TRUE(write_safetensors(folder / "copy", tensors, (*source)->metadata()));
  const auto copy = open_safetensors(folder / "copy");
  ASSERT_TRUE(copy) << copy.error().describe();
  for (const TensorInfo& tensor : (*source)->tensors()) {
    EXPECT_EQ(hex((*copy)->view(tensor.name)->bytes()), hex((*source)->view(tensor.name)->bytes()));
  }
}

TEST(Safetensors, ReadsRealModels) {
  const auto path = test_data::shared("data/vad-silero/silero_vad_16k.safetensors");
  if (!path) {
    GTEST_SKIP() << "the shared data is not here";
  }
  const auto source = open_safetensors(*path);
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_GT((*source)->tensors().size(), 0U);
  for (const TensorInfo& tensor : (*source)->tensors()) {
    EXPECT_TRUE((*source)->view(tensor.name)) << tensor.name;
  }
}

}  // namespace
}  // namespace sextant::io
