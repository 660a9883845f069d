#include "sextant/io/gguf.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/json.h"
#include "sextant/io/dequantise.h"
#include "sextant/io/gguf_types.h"
#include "support/checksum.h"
#include "support/peak_memory.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::filesystem::path golden(std::string_view name) {
  return test_data::repository("tests/parity/gguf") / name;
}

// Writes a header piece by piece, true or false.
class Bytes {
 public:
  // Magic, version and the two counts.
  static Bytes start(uint64_t tensors, uint64_t keys, uint32_t version = 3) {
    return Bytes().raw("GGUF").u32(version).u64(tensors).u64(keys);
  }
  Bytes& raw(std::string_view text) {
    text_ += text;
    return *this;
  }
  Bytes& u8(uint8_t value) { return number(value); }
  Bytes& u32(uint32_t value) { return number(value); }
  Bytes& u64(uint64_t value) { return number(value); }
  Bytes& string(std::string_view text) { return u64(text.size()).raw(text); }
  Bytes& key(std::string_view name, GgufType type) {
    return string(name).u32(static_cast<uint32_t>(type));
  }
  // An entry of the tensor list; dims innermost first. Type 0 is F32.
  Bytes& tensor(std::string_view name, const std::vector<uint64_t>& dims, uint64_t offset,
                uint32_t type = 0) {
    string(name).u32(static_cast<uint32_t>(dims.size()));
    for (const uint64_t extent : dims) {
      u64(extent);
    }
    return u32(type).u64(offset);
  }
  // Zeros up to the alignment, then `count` bytes of tensor data.
  Bytes& data(size_t count, size_t alignment = 32) {
    text_.resize((text_.size() + alignment - 1) / alignment * alignment + count);
    return *this;
  }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(text_)); }

 private:
  template <class T>
  Bytes& number(T value) {
    return raw({reinterpret_cast<const char*>(&value), sizeof(T)});
  }

  std::string text_;
};

// The error of opening these bytes.
Error error_of(const Bytes& file) {
  const auto opened = parse_gguf(file.bytes(), "x.gguf");
  return opened ? Error{.message = "opened"} : opened.error();
}

std::string message_of(const Bytes& file) { return error_of(file).describe(); }

// A file of one tensor of those dims with `data` bytes behind the header.
Bytes with_tensor(const std::vector<uint64_t>& dims, size_t data, uint32_t type = 0) {
  return Bytes::start(1, 0).tensor("w", dims, 0, type).data(data);
}

void expect_types(const GgufFile& file) {
  EXPECT_EQ(file.get_u32("t.u8").value(), 255u);
  EXPECT_EQ(file.get_i64("t.i8").value(), -128);
  EXPECT_EQ(file.get_u32("t.u16").value(), 65535u);
  EXPECT_EQ(file.get_i64("t.i16").value(), -32768);
  EXPECT_EQ(file.get_u32("t.u32").value(), 4294967295u);
  EXPECT_EQ(file.get_i64("t.i32").value(), std::numeric_limits<int32_t>::min());
  EXPECT_EQ(file.get_u64("t.u64").value(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(file.get_i64("t.i64").value(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(file.get_f32("t.f32").value(), 0.1f);
  EXPECT_EQ(file.get_f32("t.f64").value(), 0.1f);
  EXPECT_TRUE(file.get_bool("t.true").value());
  EXPECT_FALSE(file.get_bool("t.false").value());
  EXPECT_EQ(file.get_string("t.string").value(), "grüße\n");
  EXPECT_THAT(file.get_string_array("t.strings").value(),
              ElementsAre("", "a", "日本", std::string(300, 'x')));
  EXPECT_THAT(file.get_i32_array("t.i32s").value(), ElementsAre(-1, 0, 7));
  EXPECT_THAT(file.get_f32_array("t.f32s").value(), ElementsAre(0.5f, -2.25f));
  EXPECT_THAT(file.get_u8_array("t.bytes").value(), ElementsAre(0, 1, 255));
}

TEST(Gguf, ReadsEveryValueTypeOfVersions2And3) {
  for (const char* name : {"types.gguf", "types_v2.gguf"}) {
    const auto file = open_gguf(golden(name));
    ASSERT_TRUE(file) << file.error().describe();
    expect_types(**file);
  }
}

TEST(Gguf, ReversesDimensionsAndHonoursTheAlignment) {
  const auto file = value_or_throw(open_gguf(golden("types.gguf")));
  EXPECT_EQ(file->get_u32("general.alignment").value(), 128u);
  ASSERT_EQ(file->tensors().size(), 2u);
  EXPECT_EQ(file->tensors()[0].name, "matrix");
  EXPECT_EQ(file->tensors()[0].shape, (Shape{2, 3}));
  EXPECT_EQ(file->tensors()[0].file, "types.gguf");
  EXPECT_EQ(file->tensors()[0].offset % 128, 0u);
  EXPECT_EQ(file->tensors()[1].shape, (Shape{4, 3, 2}));
  EXPECT_EQ(file->tensors()[1].bytes, 48);
  EXPECT_THAT(read_f32(*file, "matrix").value(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(read_f32(*file, "cube").value()[23], 23.0f);
}

TEST(Gguf, ShowsMetadataAsText) {
  const auto file = value_or_throw(open_gguf(golden("types.gguf")));
  const auto& shown = file->metadata();
  EXPECT_EQ(shown.at("general.architecture"), "test");
  EXPECT_EQ(shown.at("t.i64"), "-9223372036854775808");
  EXPECT_EQ(shown.at("t.f32"), "0.1");
  EXPECT_EQ(shown.at("t.bools"), "[2] true, false");
  EXPECT_EQ(shown.at("t.nested"), "[2] [3] 1, 2, 3, [1] 4");
  EXPECT_EQ(shown.at("t.strings"), "[4] , a, 日本, " + std::string(40, 'x'));
}

TEST(Gguf, ReadsEveryElementType) {
  const auto stored = value_or_throw(open_gguf(golden("quants.gguf")));
  const auto wide = value_or_throw(open_gguf(golden("quants_f32.gguf")));
  EXPECT_EQ(stored->tensors().size(), 19u);
  for (const TensorInfo& tensor : stored->tensors()) {
    SCOPED_TRACE(tensor.name);
    EXPECT_EQ(to_string(tensor.dtype), tensor.name);
    EXPECT_EQ(tensor.shape, wide->find(tensor.name)->shape);
    const auto values = read_f32(*stored, tensor.name).value();
    const auto expected = read_f32(*wide, tensor.name).value();
    ASSERT_EQ(values.size(), expected.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (!std::isnan(values[i]) || !std::isnan(expected[i])) {
        ASSERT_EQ(std::bit_cast<uint32_t>(values[i]), std::bit_cast<uint32_t>(expected[i])) << i;
      }
    }
  }
}

TEST(Gguf, ReadsARealModel) {
  const auto path = test_data::repository("models/smollm2-135m-instruct-q4_1.gguf");
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "no models/smollm2-135m-instruct-q4_1.gguf (make build links it)";
  }
  const Json goldens =
      value_or_throw(parse_json(test_data::read(golden("checksums.json")), "checksums"))["smollm2"];
  const auto file = value_or_throw(open_gguf(path));
  EXPECT_EQ(file->tensors().size(), goldens["tensor_count"].get<size_t>());
  EXPECT_EQ(file->get_string("general.architecture").value(), "llama");
  EXPECT_EQ(file->get_u32("llama.block_count").value(), 30u);
  EXPECT_EQ(file->get_u32("llama.attention.head_count_kv").value(), 3u);
  EXPECT_EQ(file->get_string("tokenizer.ggml.pre").value(), "smollm");
  const auto tokens = file->get_string_array("tokenizer.ggml.tokens").value();
  ASSERT_EQ(tokens.size(), 49152u);
  EXPECT_EQ(tokens[1], "<|im_start|>");
  EXPECT_EQ(file->get_i32_array("tokenizer.ggml.token_type").value().size(), tokens.size());
  for (const auto& [name, expected] : goldens["tensors"].items()) {
    SCOPED_TRACE(name);
    const TensorInfo* tensor = file->find(name);
    ASSERT_NE(tensor, nullptr);
    EXPECT_EQ(to_string(tensor->dtype), expected["type"].get<std::string>());
    EXPECT_EQ(tensor->shape, expected["shape"].get<Shape>());
    EXPECT_EQ(test_data::checksum(read_f32(*file, name).value()),
              expected["checksum"].get<std::string>());
  }
}

TEST(Gguf, AbsentKeysGiveTheFallbackOrAnError) {
  const auto file = value_or_throw(open_gguf(golden("types.gguf")));
  EXPECT_FALSE(file->has("t.none"));
  EXPECT_TRUE(file->has("t.u8"));
  EXPECT_EQ(file->get_u32("t.none", 7).value(), 7u);
  EXPECT_EQ(file->get_f32("t.none", 0.5f).value(), 0.5f);
  EXPECT_TRUE(file->get_bool("t.none", true).value());
  EXPECT_EQ(file->get_string("t.none", "x").value(), "x");
  EXPECT_EQ(file->get_u32("t.u8", 7).value(), 255u);
  const auto absent = file->get_u32("t.none");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(absent.error().message, "[io/gguf] key \"t.none\": not in the file (types.gguf)");
  EXPECT_EQ(file->get_string_array("t.none").error().code, ErrorCode::kNotFound);
}

TEST(Gguf, RefusesAnotherTypeThanAskedFor) {
  const auto file = value_or_throw(open_gguf(golden("types.gguf")));
  const std::string where = " (types.gguf)";
  EXPECT_EQ(file->get_u32("t.string").error().message,
            "[io/gguf] key \"t.string\": expected u32, file has string" + where);
  EXPECT_EQ(file->get_u32("t.string", 7).error().code, ErrorCode::kDataLoss);
  EXPECT_EQ(file->get_u32("t.f32").error().message,
            "[io/gguf] key \"t.f32\": expected u32, file has f32" + where);
  EXPECT_EQ(file->get_u32("t.true").error().message,
            "[io/gguf] key \"t.true\": expected u32, file has bool" + where);
  EXPECT_EQ(file->get_f32("t.u8").error().message,
            "[io/gguf] key \"t.u8\": expected f32, file has u8" + where);
  EXPECT_EQ(file->get_bool("t.u8").error().message,
            "[io/gguf] key \"t.u8\": expected bool, file has u8" + where);
  EXPECT_EQ(file->get_string("t.strings").error().message,
            "[io/gguf] key \"t.strings\": expected string, file has array of string" + where);
}

// A peer reads the scores of a vocabulary as floats whatever the file declares.
TEST(Gguf, RefusesArraysOfAnotherElementType) {
  const auto file = value_or_throw(open_gguf(golden("types.gguf")));
  const std::string where = " (types.gguf)";
  EXPECT_EQ(file->get_f32_array("t.bytes").error().message,
            "[io/gguf] key \"t.bytes\": expected array of f32, file has array of u8" + where);
  EXPECT_EQ(file->get_i32_array("t.strings").error().message,
            "[io/gguf] key \"t.strings\": expected array of i32, file has array of string" + where);
  EXPECT_EQ(file->get_string_array("t.string").error().message,
            "[io/gguf] key \"t.string\": expected array of string, file has string" + where);
  EXPECT_EQ(file->get_i32_array("t.nested").error().message,
            "[io/gguf] key \"t.nested\": expected array of i32, file has array of array" + where);
}

TEST(Gguf, RefusesNumbersThatDoNotFit) {
  const auto file = value_or_throw(open_gguf(golden("types.gguf")));
  EXPECT_EQ(file->get_u32("t.i32").error().message,
            "[io/gguf] key \"t.i32\": expected a value of u32, file has -2147483648 (types.gguf)");
  EXPECT_EQ(file->get_i64("t.u64").error().code, ErrorCode::kDataLoss);
  EXPECT_EQ(file->get_u8_array("t.i32s").error().message,
            "[io/gguf] key \"t.i32s\": expected values of u8, element 0 is out of range "
            "(types.gguf)");
}

TEST(Gguf, ReadsAFileThatIsGoneOnceItIsInMemory) {
  const test_data::TempFolder folder;
  const auto path = folder.write("a.gguf", test_data::read(golden("types.gguf")));
  const auto file = value_or_throw(open_gguf(path, LoadMode::kRead));
  std::filesystem::remove(path);
  expect_types(*file);
  EXPECT_THAT(read_f32(*file, "matrix").value(), ElementsAre(0, 1, 2, 3, 4, 5));
}

// Somebody writes into the file while it is mapped: lengths are not taken on trust later.
TEST(Gguf, ChecksStringsAgainWhenTheyAreRead) {
  const test_data::TempFolder folder;
  const std::string whole = test_data::read(golden("types.gguf"));
  const auto path = folder.write("a.gguf", whole);
  const auto file = value_or_throw(open_gguf(path));
  std::fstream writer(path, std::ios::in | std::ios::out | std::ios::binary);
  writer.seekp(static_cast<std::streamoff>(whole.find("grüße") - 8));
  writer << std::string(8, '\xff');
  writer.seekp(static_cast<std::streamoff>(whole.find("日本") - 8));
  writer << std::string(8, '\xff');
  writer.flush();
  EXPECT_THAT(file->get_string("t.string").error().message,
              HasSubstr("t.string: expected 18446744073709551615 more bytes"));
  EXPECT_THAT(file->get_string_array("t.strings").error().message,
              HasSubstr("t.strings: expected 18446744073709551615 more bytes"));
}

// Every byte of the header changed in turn: the file opens and gives all it has, or says why not.
TEST(Gguf, SurvivesEveryChangedByte) {
  const std::string whole = test_data::read(golden("types.gguf"));
  int refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ change);
      const auto file = parse_gguf(std::as_bytes(std::span(changed)), "changed.gguf");
      if (!file) {
        ++refused;
        ASSERT_THAT(file.error().describe(), HasSubstr("changed.gguf")) << i;
        continue;
      }
      for (const TensorInfo& tensor : (*file)->tensors()) {
        ASSERT_TRUE(read_f32(**file, tensor.name)) << i;
      }
    }
  }
  EXPECT_GT(refused, 1000);  // most of the header is lengths, types and offsets
}

TEST(GgufMustFail, OtherFilesAndVersions) {
  EXPECT_EQ(message_of(Bytes()),
            "[io/gguf] magic: expected 4 more bytes, file has 0 (x.gguf, byte 0)");
  EXPECT_THAT(message_of(Bytes().raw("ggjt").u32(3)), HasSubstr("magic: expected \"GGUF\""));
  EXPECT_THAT(message_of(Bytes::start(0, 0, 1)), HasSubstr("version: expected 2 or 3, file has 1"));
  EXPECT_THAT(message_of(Bytes::start(0, 0, 4)), HasSubstr("version: expected 2 or 3, file has 4"));
  EXPECT_THAT(message_of(Bytes::start(0, 0, 0)), HasSubstr("version: expected 2 or 3, file has 0"));
  const Error swapped = error_of(Bytes::start(0, 0, 0x03000000));
  EXPECT_EQ(swapped.code, ErrorCode::kUnsupported);
  EXPECT_THAT(swapped.message, HasSubstr("expected a little-endian file, this one is big-endian"));
  EXPECT_EQ(open_gguf(golden("absent.gguf")).error().code, ErrorCode::kNotFound);
}

TEST(GgufMustFail, CountsBeyondTheFile) {
  EXPECT_THAT(message_of(Bytes::start(uint64_t{1} << 63, 0)),
              HasSubstr("tensor count: expected 9223372036854775808 entries of at least 24 bytes, "
                        "file has 8 more bytes"));
  EXPECT_THAT(message_of(Bytes::start(0, UINT64_MAX)), HasSubstr("metadata key count: expected"));
  const Error many = error_of(Bytes::start(200'001, 0).data(size_t{200'001} * 24));
  EXPECT_EQ(many.code, ErrorCode::kOutOfRange);
  EXPECT_THAT(many.message, HasSubstr("tensor count: expected at most 200000, file has 200001"));
}

// 43 bytes that make a peer allocate until the machine gives up.
TEST(GgufMustFail, ArrayLengthBeyondTheFile) {
  const Bytes file = Bytes::start(0, 1)
                         .key("a", GgufType::kArray)
                         .u32(static_cast<uint32_t>(GgufType::kU8))
                         .u64(uint64_t{1} << 63);
  EXPECT_LE(file.bytes().size(), 50u);
  EXPECT_EQ(message_of(file),
            "[io/gguf] key \"a\": expected an array of 9223372036854775808 elements of at least 1 "
            "bytes, file has 0 more bytes (x.gguf, byte 49)");
  // Lengths that only together pass the end: the least size of an element counts.
  EXPECT_THAT(message_of(Bytes::start(0, 1)
                             .key("a", GgufType::kArray)
                             .u32(static_cast<uint32_t>(GgufType::kString))
                             .u64(3)
                             .data(17, 1)),
              HasSubstr("an array of 3 elements of at least 8 bytes, file has 17 more"));
}

TEST(GgufMustFail, ArraysNestedTooDeep) {
  Bytes file = Bytes::start(0, 1).key("a", GgufType::kArray);
  for (int i = 0; i < 5; ++i) {
    file.u32(static_cast<uint32_t>(GgufType::kArray)).u64(1);
  }
  file.data(64, 1);
  EXPECT_THAT(message_of(file), HasSubstr("key \"a\": expected arrays nested at most 4 deep"));
}

TEST(GgufMustFail, StringLengthBeyondTheFile) {
  EXPECT_THAT(message_of(Bytes::start(0, 1).u64(UINT64_MAX).data(20, 1)),
              HasSubstr("metadata key: expected 18446744073709551615 more bytes, file has 20"));
  EXPECT_THAT(message_of(Bytes::start(0, 1).key("s", GgufType::kString).u64(100).data(3, 1)),
              HasSubstr("key \"s\": expected 100 more bytes, file has 3"));
  EXPECT_THAT(message_of(Bytes::start(1, 0).u64(uint64_t{1} << 62).data(20, 1)),
              HasSubstr("tensor name: expected 4611686018427387904 more bytes"));
}

TEST(GgufMustFail, StringsBeyondTheLimits) {
  EXPECT_THAT(message_of(Bytes::start(0, 1).key(std::string(1025, 'k'), GgufType::kU8).u8(0)),
              HasSubstr("metadata key: expected at most 1024 bytes of text, file has 1025"));
  const Error large = error_of(
      Bytes::start(0, 1).key("s", GgufType::kString).u64((16 << 20) + 1).data((16 << 20) + 1, 1));
  EXPECT_EQ(large.code, ErrorCode::kOutOfRange);
  EXPECT_THAT(large.message, HasSubstr("expected at most 16777216 bytes of text"));
}

TEST(GgufMustFail, NamesThatAreNotPrintable) {
  EXPECT_THAT(message_of(Bytes::start(0, 1).key("a\nb", GgufType::kU8).u8(0)),
              HasSubstr("metadata key: expected printable ASCII characters"));
  EXPECT_THAT(message_of(Bytes::start(1, 0).tensor(std::string_view("a\0b", 3), {1}, 0).data(4)),
              HasSubstr("tensor name: expected printable ASCII characters"));
}

TEST(GgufMustFail, ValueTypesThatDoNotExist) {
  EXPECT_THAT(message_of(Bytes::start(0, 1).key("a", static_cast<GgufType>(13)).u64(0)),
              HasSubstr("key \"a\": expected a value type from 0 to 12, file has 13"));
  EXPECT_THAT(message_of(Bytes::start(0, 1).key("a", GgufType::kBool).u8(2)),
              HasSubstr("key \"a\": expected a bool of 0 or 1, file has 2"));
  EXPECT_THAT(message_of(Bytes::start(0, 1)
                             .key("a", GgufType::kArray)
                             .u32(static_cast<uint32_t>(GgufType::kBool))
                             .u64(1)
                             .u8(255)),
              HasSubstr("key \"a\": expected a bool of 0 or 1, file has 255"));
}

TEST(GgufMustFail, DuplicateKeysAndTensors) {
  EXPECT_THAT(
      message_of(Bytes::start(0, 2).key("a", GgufType::kU8).u8(1).key("a", GgufType::kU8).u8(2)),
      HasSubstr("key \"a\": expected each key once, file has it twice"));
  EXPECT_THAT(message_of(Bytes::start(3, 0)
                             .tensor("w", {8}, 0)
                             .tensor("v", {8}, 32)
                             .tensor("w", {8}, 64)
                             .data(96)),
              HasSubstr("tensor \"w\": expected each name once, file has it twice (x.gguf)"));
}

class GgufAlignment : public testing::TestWithParam<uint32_t> {};

TEST_P(GgufAlignment, IsRefused) {
  EXPECT_EQ(
      message_of(
          Bytes::start(0, 1).key("general.alignment", GgufType::kU32).u32(GetParam()).data(64)),
      format("[io/gguf] key \"general.alignment\": expected a power of two from 8 to 1048576, "
             "file has {} (x.gguf)",
             GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Values, GgufAlignment,
                         testing::Values(0u, 1u, 4u, 24u, 33u, 1u << 21, 1u << 31, 0xffffffffu));

TEST(GgufMustFail, AlignmentOfAnotherType) {
  EXPECT_THAT(message_of(Bytes::start(0, 1).key("general.alignment", GgufType::kString).string("")),
              HasSubstr("key \"general.alignment\": expected u64, file has string"));
}

TEST(GgufMustFail, TooManyDimensions) {
  EXPECT_THAT(message_of(with_tensor({1, 1, 1, 1, 1}, 4)),
              HasSubstr("tensor \"w\": expected at most 4 dimensions, file has 5"));
  EXPECT_THAT(message_of(Bytes::start(1, 0).string("w").u32(0xffffffff).data(64)),
              HasSubstr("expected at most 4 dimensions, file has 4294967295"));
}

// Products that wrap to something small: 2^32 * 2^32, and one with bytes but not elements beyond.
TEST(GgufMustFail, DimensionsWhoseProductOverflows) {
  const uint64_t big = uint64_t{1} << 32;
  EXPECT_EQ(message_of(with_tensor({big, big}, 64)),
            "[base/tensor] shape [4294967296,4294967296]: more than 2^63 elements (tensor \"w\" of "
            "x.gguf)");
  EXPECT_THAT(message_of(with_tensor({big, big, 0}, 64)), HasSubstr("more than 2^63 elements"));
  EXPECT_THAT(message_of(with_tensor({big, uint64_t{1} << 30}, 64)),
              HasSubstr("more than 2^63 bytes (tensor \"w\" of x.gguf)"));
  EXPECT_THAT(message_of(with_tensor({uint64_t{1} << 63}, 64)),
              HasSubstr("tensor \"w\": expected dimensions below 2^63"));
  EXPECT_THAT(message_of(with_tensor({UINT64_MAX, UINT64_MAX}, 64)),
              HasSubstr("tensor \"w\": expected dimensions below 2^63"));
}

TEST(GgufMustFail, RowsThatAreNoWholeBlocks) {
  EXPECT_THAT(message_of(with_tensor({33}, 64, 2)),
              HasSubstr("Q4_0 needs rows of a multiple of 32 elements (tensor \"w\" of x.gguf)"));
  EXPECT_THAT(message_of(with_tensor({128, 2}, 144, 12)),
              HasSubstr("Q4_K needs rows of a multiple of 256 elements"));
}

TEST(GgufMustFail, ElementTypesThatAreNotRead) {
  const Error known = error_of(with_tensor({256}, 66, 16));
  EXPECT_EQ(known.code, ErrorCode::kUnsupported);
  EXPECT_THAT(known.message,
              HasSubstr("expected an element type that is read here, file has 16 (IQ2_XXS)"));
  EXPECT_THAT(message_of(with_tensor({32}, 64, 4)), HasSubstr("file has 4 (no known type)"));
  EXPECT_THAT(message_of(with_tensor({32}, 64, 0xffffffff)), HasSubstr("(no known type)"));
}

TEST(GgufMustFail, TensorsOutsideTheFile) {
  EXPECT_EQ(message_of(with_tensor({8}, 31)),
            "[io/gguf] tensor \"w\": expected 32 bytes at 64 + 0, file has 95 (x.gguf)");
  EXPECT_THAT(message_of(Bytes::start(1, 0).tensor("w", {8}, 64).data(64)),
              HasSubstr("tensor \"w\": expected 32 bytes at 64 + 64, file has 128"));
  // Offset plus size, and padding plus offset, that wrap to something inside.
  EXPECT_THAT(message_of(Bytes::start(1, 0).tensor("w", {8}, UINT64_MAX - 31).data(64)),
              HasSubstr("tensor \"w\": expected 32 bytes at 64 + 18446744073709551584"));
  EXPECT_THAT(
      message_of(Bytes::start(1, 0).tensor("w", {uint64_t{1} << 60}, uint64_t{1} << 63).data(64)),
      HasSubstr("tensor \"w\": expected 4611686018427387904 bytes at"));
  EXPECT_THAT(message_of(Bytes::start(1, 0).tensor("w", {4}, 8).data(64)),
              HasSubstr("tensor \"w\": expected an offset that is a multiple of 32, file has 8"));
}

TEST(GgufMustFail, OverlappingTensors) {
  EXPECT_EQ(message_of(Bytes::start(2, 0).tensor("late", {8}, 32).tensor("early", {9}, 0).data(96)),
            "[io/gguf] tensor \"late\": expected to begin at byte 164 or later, behind tensor "
            "\"early\", file has 160 (x.gguf)");
  EXPECT_THAT(message_of(Bytes::start(2, 0).tensor("a", {8}, 0).tensor("b", {8}, 0).data(32)),
              HasSubstr("expected to begin at byte"));
}

TEST(Gguf, AcceptsEmptyAndScalarTensorsAndOrders) {
  const Bytes bytes = Bytes::start(4, 0)
                          .tensor("second", {8}, 32)
                          .tensor("empty", {0, 5}, 1 << 20)
                          .tensor("first", {8}, 0)
                          .tensor("scalar", {}, 64)
                          .data(68);
  const auto file = parse_gguf(bytes.bytes(), "x.gguf");
  ASSERT_TRUE(file) << file.error().describe();
  EXPECT_EQ((*file)->find("empty")->shape, (Shape{5, 0}));
  EXPECT_TRUE(read_f32(**file, "empty").value().empty());
  EXPECT_EQ(read_f32(**file, "scalar").value().size(), 1u);
  EXPECT_EQ(read_f32(**file, "second").value().size(), 8u);
}

TEST(Gguf, AcceptsAFileWithoutAnything) {
  const Bytes bytes = Bytes::start(0, 0);
  const auto file = parse_gguf(bytes.bytes(), "x.gguf");
  ASSERT_TRUE(file) << file.error().describe();
  EXPECT_TRUE((*file)->tensors().empty());
}

TEST(GgufMustFail, EveryTruncation) {
  const std::string whole = test_data::read(golden("types.gguf"));
  const auto complete = value_or_throw(open_gguf(golden("types.gguf")));
  const TensorInfo& last = complete->tensors().back();
  const size_t needed = last.offset + static_cast<size_t>(last.bytes);
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    const auto file = parse_gguf(std::as_bytes(std::span(cut)), "cut.gguf");
    ASSERT_EQ(file.has_value(), size >= needed) << size;
    if (!file) {
      ASSERT_EQ(file.error().code, ErrorCode::kDataLoss) << size;
      ASSERT_THAT(file.error().message, HasSubstr("expected")) << size;
      ASSERT_THAT(file.error().message, HasSubstr("(cut.gguf")) << size;
    }
  }
}

// Headers as dense as the limits allow: the most entries from the fewest bytes.
TEST(Gguf, MemoryStaysWithinTheBudgetForHostileFiles) {
  Bytes tensors = Bytes::start(200'000, 0);
  for (int i = 0; i < 200'000; ++i) {
    tensors.tensor(std::to_string(i), {0}, 0);
  }
  Bytes keys = Bytes::start(0, 65'536);
  for (int i = 0; i < 65'536; ++i) {
    keys.key(std::to_string(i), GgufType::kU8).u8(0);
  }
  Bytes strings = Bytes::start(0, 1).key("0", GgufType::kArray);
  strings.u32(static_cast<uint32_t>(GgufType::kString)).u64(2 << 20).data(16 << 20, 1);
  Bytes lists = Bytes::start(0, 1).key("0", GgufType::kArray);
  lists.u32(static_cast<uint32_t>(GgufType::kI8)).u64(16 << 20).data(16 << 20, 1);
  const std::pair<std::string_view, const Bytes&> cases[] = {
      {"tensors", tensors}, {"keys", keys}, {"strings", strings}, {"lists", lists}};
  for (const auto& [name, bytes] : cases) {
    const auto peak = test_data::peak_memory([&content = bytes] {
      const auto file = value_or_throw(parse_gguf(content.bytes(), "a name longer than 15 bytes"));
      EXPECT_EQ(file->find("none"), nullptr);  // builds the index
      const auto strings_of_key = file->get_string_array("0");
      const auto numbers_of_key = file->get_i32_array("0");
    });
    if (!peak) {
      GTEST_SKIP() << "a sanitizer's own memory would be counted";
    }
    EXPECT_LE(*peak, test_data::hostile_file_limit(bytes.bytes().size())) << name;
  }
}

TEST(GgufMustFail, MegabytesAreRefusedWithin100Milliseconds) {
  if (test_data::sanitized()) {
    GTEST_SKIP() << "a sanitizer's own work would be counted";
  }
  // Many keys, the last one there twice; and strings whose last one passes the end.
  Bytes keys = Bytes::start(0, 50'001);
  for (int i = 0; i <= 50'000; ++i) {
    keys.key(std::to_string(i % 50'000), GgufType::kU8).u8(0);
  }
  Bytes strings = Bytes::start(0, 1).key("0", GgufType::kArray);
  strings.u32(static_cast<uint32_t>(GgufType::kString)).u64((1 << 17) + 1);
  strings.data(1 << 20, 1).u64(1);
  for (const Bytes& bytes : {keys, strings}) {
    const std::clock_t begin = std::clock();  // of the processor: other work does not count
    EXPECT_NE(message_of(bytes), "opened");
    EXPECT_LE(1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 100);
  }
}

}  // namespace
}  // namespace sextant::io
