#include "sextant/io/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An array with that header text and `data` bytes of zeros.
std::string array_of(const std::string& header, size_t data = 0, int version = 1) {
  std::string out = std::string(kNpyMagic) + static_cast<char>(version) + '\0';
  out += static_cast<char>(header.size() & 0xff);
  out += static_cast<char>(header.size() >> 8);
  return out + (version == 1 ? "" : std::string(2, '\0')) + header + std::string(data, '\0');
}

// A header with these values.
std::string header_of(const std::string& descr, const std::string& shape,
                      const std::string& fortran = "False") {
  return "{'descr': " + descr + ", 'fortran_order': " + fortran + ", 'shape': " + shape + ", }  \n";
}

Result<NpyHeader> parse(const std::string& array) {
  return parse_npy_header(std::as_bytes(std::span(array)), "t.npy");
}

TEST(Npy, ReadsTypeShapeAndOrder) {
  const auto header = parse(array_of(header_of("'<f4'", "(2, 3)"), 24));
  ASSERT_TRUE(header) << header.error().describe();
  EXPECT_EQ(header->dtype, DType::kF32);
  EXPECT_THAT(header->shape, ElementsAre(2, 3));
  EXPECT_TRUE(header->strides().empty());
  EXPECT_EQ(header->obstacle(), "");
  const auto fortran = parse(array_of(header_of("'<i8'", "(2, 3, 4)", "True"), 192));
  ASSERT_TRUE(fortran) << fortran.error().describe();
  EXPECT_THAT(fortran->strides(), ElementsAre(1, 2, 6));
}

TEST(Npy, ReadsEverySpellingOfAHeader) {
  for (const char* text : {"{'shape': (2,), 'fortran_order': False, 'descr': '|u1'}",
                           "{\"descr\":\"|u1\",\"fortran_order\":False,\"shape\":(2,),}\n",
                           "{'descr': 'u1',"
                           " 'fortran_order': False, 'shape': (2L, 1L)}",
                           "  { 'descr' : '=u1' , 'fortran_order' : "
                           "True , 'shape' : ( 2 , ) , } "}) {
    for (const int version : {1, 2, 3}) {
      const auto header = parse(array_of(text, 2, version));
      EXPECT_TRUE(header) << text << ": " << header.error().describe();
    }
  }
  EXPECT_TRUE(parse(array_of(header_of("'<f8'", "()"), 8)));
  EXPECT_TRUE(parse(array_of(header_of("'<f8'", "(0, 9223372036854775807)"), 0)));
}

TEST(Npy, OneLongAxisIsContiguousInEitherOrder) {
  const auto header = parse(array_of(header_of("'|u1'", "(1, 5, 1)", "True"), 5));
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->strides().empty());
}

struct Bad {
  const char* name;
  std::string bytes;
  ErrorCode code;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.name; }

class BadArrays : public ::testing::TestWithParam<Bad> {};

TEST_P(BadArrays, AreRefusedWithAReason) {
  const auto header = parse(GetParam().bytes);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code, GetParam().code);
  EXPECT_THAT(header.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(header.error().message, HasSubstr("[io/npz] t.npy: "));
}

constexpr auto kLoss = ErrorCode::kDataLoss;

INSTANTIATE_TEST_SUITE_P(
    Npy, BadArrays,
    ::testing::Values(
        Bad{"Empty", "", kLoss, "expected an array that begins with"},
        Bad{"OtherMagic", "\x93NUMPX" + std::string(100, ' '), kLoss, "expected an array that"},
        Bad{"Version", array_of(header_of("'<f4'", "()"), 4, 4), ErrorCode::kUnsupported,
            "expected version 1.0 to 3.0, found 4.0"},
        Bad{"HeaderBehindEnd", std::string("\x93NUMPY\1\0\xff\xff{}", 12), kLoss,
            "it claims 65535 of 2"},
        Bad{"HeaderHuge", std::string("\x93NUMPY\2\0\xff\xff\xff\xff{}", 14), kLoss,
            "it claims 4294967295 of 2"},
        Bad{"NoDictionary", array_of("[1]"), kLoss, "header at byte 10: expected {, found [1]"},
        Bad{"Unclosed", array_of("{'descr': '<f4'"), kLoss, "expected }, found its end"},
        Bad{"KeyMissing", array_of("{'descr': '<f4', 'shape': ()}"), kLoss,
            "expected 'descr', 'fortran_order' and 'shape', found fewer"},
        Bad{"KeyTwice", array_of("{'descr': '<f4', 'descr': '<f8'}"), kLoss, "once, found 'descr'"},
        Bad{"KeyUnknown", array_of("{'evil': '<f4'}"), kLoss, "once, found 'evil'"},
        Bad{"KeyNotText", array_of("{3: 4}"), kLoss, "expected a string, found 3: 4}"},
        Bad{"Escape", array_of("{'\\x41': 4}"), kLoss, "expected a plain string"},
        Bad{"Behind", array_of(header_of("'<f4'", "()") + "x", 4), kLoss,
            "expected nothing behind the dictionary, found x"},
        Bad{"OrderNotBoolean", array_of(header_of("'<f4'", "()", "0"), 4), kLoss,
            "expected True or False, found 0"},
        Bad{"ShapeNotTuple", array_of(header_of("'<f4'", "[1]"), 4), kLoss,
            "expected (, found [1]"},
        Bad{"ShapeIsNumber", array_of(header_of("'<f4'", "(1)"), 4), kLoss, "expected a comma"},
        Bad{"Negative", array_of(header_of("'<f4'", "(-1,)"), 4), kLoss,
            "expected an extent of zero or more, found -1"},
        Bad{"ExtentOverflows", array_of(header_of("'<f4'", "(9223372036854775808,)")), kLoss,
            "expected an extent below 2^63"},
        Bad{"ShapeOverflows", array_of(header_of("'|u1'", "(4294967296, 4294967296)")), kLoss,
            "expected more than 2^63 bytes for |u1 of [4294967296,4294967296], found 0"},
        Bad{"BytesOverflow", array_of(header_of("'<f8'", "(2305843009213693952,)")), kLoss,
            "expected more than 2^63 bytes"},
        Bad{"Rank", array_of(header_of("'|u1'", "(" + std::string(200, '1') + ")")), kLoss,
            "expected an extent below 2^63"},
        Bad{"TooManyExtents",
            array_of(header_of("'|u1'",
                               "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                               "1,1,1,1,1)"),
                     1),
            kLoss, "expected at most 32 extents"},
        Bad{"DataShort", array_of(header_of("'<f4'", "(2,)"), 7), kLoss,
            "expected 8 bytes for <f4 of [2], found 7"},
        Bad{"DataLong", array_of(header_of("'<f4'", "(2,)"), 9), kLoss, "expected 8 bytes"},
        Bad{"TextDataShort", array_of(header_of("'<U3'", "(2,)"), 23), kLoss, "expected 24 bytes"},
        Bad{"TypeUnknown", array_of(header_of("'<x4'", "()"), 4), kLoss,
            "expected an element type as \"<f4\", found \"<x4\""},
        Bad{"TypeEmpty", array_of(header_of("''", "()")), kLoss, "expected an element type"},
        Bad{"TypeWithTail", array_of(header_of("'<f4x'", "()"), 4), kLoss, "found \"<f4x\""},
        Bad{"TypeHuge", array_of(header_of("'<V99999999999'", "()")), kLoss, "found \"<V9999"},
        Bad{"FieldsUnclosed", array_of("{'descr': [('a', '<f4'"), kLoss,
            "expected a list of fields, found its end"},
        Bad{"FieldsDeep", array_of("{'descr': " + std::string(100, '[')), kLoss,
            "expected a list of fields"},
        Bad{"FieldsNotText", array_of("{'descr': [\xff]"), kLoss, "expected a list of fields"}),
    [](const auto& test) { return test.param.name; });

TEST(Npy, NamesWhatItDoesNotRead) {
  const struct {
    const char* descr;
    size_t bytes;
    const char* obstacle;
  } cases[] = {
      {"'|O'", 77, "pickled Python objects"},
      {"[('a', '<f4'), ('b', '|V3', (2,))]", 5, "structured elements"},
      {"'<U2'", 8, "text"},
      {"'|S3'", 3, "text"},
      {"'<c8'", 8, "complex numbers"},
      {"'<M8[ns]'", 8, "dates"},
      {"'>f4'", 4, "big-endian numbers"},
      {"'|V2'", 2, "raw bytes"},
      {"'<f16'", 16, "an unknown element type"},
  };
  for (const auto& test : cases) {
    const auto header = parse(array_of(header_of(test.descr, "()"), test.bytes));
    ASSERT_TRUE(header) << test.descr << ": " << header.error().describe();
    EXPECT_FALSE(header->dtype) << test.descr;
    EXPECT_EQ(header->obstacle(), test.obstacle);
  }
  // One byte has no order.
  EXPECT_EQ(parse(array_of(header_of("'>u1'", "()"), 1))->dtype, DType::kU8);
}

std::optional<std::string> text(const std::string& descr, const std::string& shape,
                                const std::string& data) {
  const std::string array = array_of(header_of("'" + descr + "'", shape)) + data;
  const auto header = parse(array);
  EXPECT_TRUE(header) << header.error().describe();
  return npy_text(*header, std::as_bytes(std::span(array)));
}

TEST(Npy, ReadsASingleText) {
  EXPECT_EQ(text("|S5", "()", std::string("abc\0\0", 5)), "abc");
  EXPECT_EQ(text("<U2", "(1,)", std::string("A\0\0\0\xdf\0\0\0", 8)), "A\u00df");
  EXPECT_EQ(text("<U2", "()", std::string("\xcd\x91\0\0\0\xf6\1\0", 8)), "\u91cd\U0001F600");
  EXPECT_EQ(text("<U1", "()", std::string("\0\xd8\0\0", 4)), std::nullopt);  // a surrogate
  EXPECT_EQ(text("<U1", "()", "\xff\xff\xff\xff"), std::nullopt);
  EXPECT_EQ(text("|S1", "()", "\xff"), std::nullopt);
  EXPECT_EQ(text("|S1", "(2,)", "ab"), std::nullopt);
  EXPECT_EQ(text(">U1", "()", std::string("\0\0\0A", 4)), std::nullopt);
  EXPECT_EQ(text("|S2000", "()", std::string(2000, 'a')), std::nullopt);
  EXPECT_EQ(text("|u1", "()", "a"), std::nullopt);
}

TEST(Npy, WritesHeadersThatItReads) {
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{7}, Shape{2, 3}, Shape(32, 1)}) {
    for (const DType dtype :
         {DType::kF32, DType::kF64, DType::kF16, DType::kI8, DType::kU64, DType::kBool}) {
      const auto header = make_npy_header(dtype, shape);
      ASSERT_TRUE(header);
      EXPECT_EQ(header->size() % 64, 0U);
      const auto size = byte_count(dtype, shape).value();
      const auto parsed = parse(*header + std::string(static_cast<size_t>(size), '\0'));
      ASSERT_TRUE(parsed) << parsed.error().describe();
      EXPECT_EQ(parsed->dtype, dtype);
      EXPECT_EQ(parsed->shape, shape);
      EXPECT_EQ(parsed->data_begin, header->size());
    }
  }
}

TEST(Npy, RefusesToWriteTypesThatNumpyLacks) {
  const auto header = make_npy_header(DType::kBF16, {2});
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(header.error().message,
              HasSubstr("expected an element type that numpy has, found BF16"));
  EXPECT_THAT(header.error().hint, HasSubstr("convert to F32"));
}

}  // namespace
}  // namespace sextant::io
