#include "sextant/io/zip.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/zip_writer.h"
#include "support/peak_memory.h"
#include "support/temp_folder.h"
#include "support/test_data.h"
#include "support/zip_builder.h"

namespace sextant::io {
namespace {

using test_data::make_zip;
using test_data::TestZip;
using test_data::ZipStyle;
using ::testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<ZipArchive> parse(const std::string& bytes) {
  return ZipArchive::parse(bytes_of(bytes), "t.zip");
}

const std::string kLong(10000, 'x');

TestZip three(ZipStyle style = {}) {
  return make_zip({{"r/a", "alpha"}, {"r/b", ""}, {"r/deep/c", kLong, true}}, style);
}

class ZipStyles : public ::testing::TestWithParam<ZipStyle> {};

TEST_P(ZipStyles, FindsStoredAndDeflatedEntries) {
  const TestZip zip = three(GetParam());
  const auto archive = parse(zip.bytes);
  ASSERT_TRUE(archive) << archive.error().describe();
  ASSERT_EQ(archive->entries().size(), 3U);
  const ZipEntry* a = archive->find("r/a");
  const ZipEntry* b = archive->find("r/b");
  const ZipEntry* c = archive->find("r/deep/c");
  ASSERT_TRUE(a != nullptr && b != nullptr && c != nullptr);
  EXPECT_EQ(archive->find("r/"), nullptr);
  EXPECT_EQ(archive->find("z"), nullptr);
  EXPECT_EQ(a->data, zip.data[0]);
  EXPECT_EQ(text_of(archive->data(*a)), "alpha");
  EXPECT_EQ(text_of(archive->checked_data(*a).value()), "alpha");
  EXPECT_EQ(b->size, 0U);
  EXPECT_TRUE(c->deflated);
  EXPECT_LT(c->packed, c->size);
  EXPECT_EQ(text_of(archive->unpack(*c).value()), kLong);
  const auto refused = archive->checked_data(*c);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("expected it stored, found it deflated"));
}

// A cut archive has no end record, or one that does not fit what is before it.
TEST_P(ZipStyles, RefuseEveryTruncation) {
  const std::string whole = three(GetParam()).bytes;
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse(whole.substr(0, size))) << size;
    EXPECT_FALSE(parse(whole.substr(whole.size() - size))) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Zip, ZipStyles,
                         ::testing::Values(ZipStyle{}, ZipStyle{.zip64 = true},
                                           ZipStyle{.descriptor = true},
                                           ZipStyle{.zip64 = true, .descriptor = true}),
                         [](const auto& test) {
                           return std::string(test.param.zip64 ? "Zip64" : "Plain") +
                                  (test.param.descriptor ? "Descriptor" : "");
                         });

TEST(Zip, AcceptsNoEntries) {
  const auto archive = parse(make_zip({}).bytes);
  ASSERT_TRUE(archive) << archive.error().describe();
  EXPECT_TRUE(archive->entries().empty());
}

TEST(Zip, AcceptsDescriptorsWithoutSignature) {
  TestZip zip = make_zip({{"a", "alpha"}}, {.descriptor = true});
  const size_t at = zip.data[0] + 5;
  zip.bytes.erase(at, 4);  // the optional signature
  zip.put32(zip.end - 4 + 16, static_cast<uint32_t>(zip.directory - 4));
  EXPECT_TRUE(parse(zip.bytes)) << parse(zip.bytes).error().describe();
}

struct Breakage {
  const char* name;
  std::function<std::string()> bytes;
  ErrorCode code;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const Breakage& breakage) {
  return out << breakage.name;
}

// `change` applied to an archive of "r/a" (stored, "alpha"), "r/b" and "r/deep/c" (deflated).
std::function<std::string()> broken(const std::function<void(TestZip&)>& change,
                                    ZipStyle style = {}) {
  return [change, style] {
    TestZip zip = three(style);
    change(zip);
    return zip.bytes;
  };
}

std::function<std::string()> named(const std::string& name) {
  return [name] { return make_zip({{name, "x"}}).bytes; };
}

class ZipBreakages : public ::testing::TestWithParam<Breakage> {};

TEST_P(ZipBreakages, AreRefusedWithAReason) {
  const auto archive = parse(GetParam().bytes());
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error().code, GetParam().code) << archive.error().message;
  EXPECT_THAT(archive.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(archive.error().message, HasSubstr("(t.zip)"));
}

constexpr auto kBad = ErrorCode::kDataLoss;

INSTANTIATE_TEST_SUITE_P(
    Directory, ZipBreakages,
    ::testing::Values(
        Breakage{"Empty", [] { return std::string(); }, kBad, "of 0, found none: not a zip"},
        Breakage{"Text", [] { return std::string(100, 'x'); }, kBad, "expected an end record"},
        Breakage{"Comment", broken([](TestZip& z) {
                   z.put16(z.end + 20, 4);
                   z.bytes += "note";
                 }),
                 kBad, "expected an end record in the last 22 bytes"},
        Breakage{"CommentLength", broken([](TestZip& z) { z.put16(z.end + 20, 4); }), kBad,
                 "expected no archive comment, found one of 4 bytes"},
        Breakage{"BytesBefore", broken([](TestZip& z) { z.bytes.insert(0, "#!/bin/sh\n"); }), kBad,
                 "expected the directory to end at byte"},
        Breakage{"SplitArchive", broken([](TestZip& z) { z.put16(z.end + 4, 1); }), kBad,
                 "expected one disk with 3 entries"},
        Breakage{"MoreEntriesThanBytes",
                 broken([](TestZip& z) { z.put16(z.end + 8, 9999).put16(z.end + 10, 9999); }), kBad,
                 "expected 9999 entries, the directory of"},
        Breakage{"FewerEntriesThanListed",
                 broken([](TestZip& z) { z.put16(z.end + 8, 2).put16(z.end + 10, 2); }), kBad,
                 "its 2 entries end at"},
        Breakage{"OneEntryTooMany",
                 [] {
                   TestZip z = make_zip({{std::string(60, 'a'), ""}});
                   return z.put16(z.end + 8, 2).put16(z.end + 10, 2).bytes;
                 },
                 kBad, "expected directory entry 2 of 2 at byte"},
        Breakage{"EntrySignature", broken([](TestZip& z) { z.put32(z.central[1], 0); }), kBad,
                 "expected directory entry 2 of 3"},
        Breakage{"NameBehindDirectory",
                 broken([](TestZip& z) { z.put16(z.central[2] + 28, 60000); }), kBad,
                 "directory entry 3: expected 60046 bytes"},
        Breakage{"Locator64Missing",
                 broken([](TestZip& z) { z.put32(z.end - 20, 0); }, {.zip64 = true}), kBad,
                 "expected the directory to end at byte"},
        Breakage{"Locator64ElsewhereInFile",
                 broken([](TestZip& z) { z.put64(z.end - 12, 0); }, {.zip64 = true}), kBad,
                 "expected a zip64 end record at byte"},
        Breakage{"Record64Directory",
                 broken([](TestZip& z) { z.put64(z.end64 + 48, UINT64_MAX); }, {.zip64 = true}),
                 kBad, "expected a directory of"},
        Breakage{"Record64CountsDisagree",
                 broken([](TestZip& z) { z.put64(z.end64 + 24, 2); }, {.zip64 = true}), kBad,
                 "expected one disk with 3 entries"},
        Breakage{"Record64AgainstEndRecord",
                 broken([](TestZip& z) { z.put16(z.end + 10, 2); }, {.zip64 = true}), kBad,
                 "expected end record and zip64 end record to agree, found 2 and 3 entries"},
        Breakage{
            "Record64TooManyEntries",
            broken([](TestZip& z) { z.put64(z.end64 + 24, 200'001).put64(z.end64 + 32, 200'001); },
                   {.zip64 = true}),
            ErrorCode::kOutOfRange, "expected at most 200000 entries, found 200001"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Names, ZipBreakages,
    ::testing::Values(
        Breakage{"Parent", named("r/../../etc/passwd"), kBad,
                 "entry \"r/../../etc/passwd\": expected a plain relative name"},
        Breakage{"OnlyParent", named(".."), kBad, "expected a plain relative name"},
        Breakage{"Here", named("r/./a"), kBad, "expected a plain relative name"},
        Breakage{"Absolute", named("/etc/passwd"), kBad, "expected a plain relative name"},
        Breakage{"Folder", named("r/"), kBad, "expected a plain relative name"},
        Breakage{"EmptyPart", named("r//a"), kBad, "expected a plain relative name"},
        Breakage{"Backslash", named("r\\a"), kBad, "expected a plain relative name"},
        Breakage{"Nameless", named(""), kBad, "expected a plain relative name"},
        Breakage{"TooLong", named(std::string(1025, 'a')), kBad, "of 1 to 1024 bytes"},
        Breakage{"ControlCharacter", named("r/\x1b[2J"), kBad, "entry \"r/\\x1b[2J\""},
        Breakage{"NoUtf8", named("r/\xff"), kBad, "expected a plain relative name"},
        Breakage{"Twice", [] { return make_zip({{"a", "1"}, {"b", "2"}, {"a", "3"}}).bytes; }, kBad,
                 "entry \"a\": expected each name once, found it twice"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Entries, ZipBreakages,
    ::testing::Values(
        Breakage{"Encrypted", broken([](TestZip& z) {
                   z.put16(z.central[0] + 8, 0x0801).put16(z.local[0] + 6, 0x0801);
                 }),
                 ErrorCode::kUnsupported, "found flags 0x0801 (encrypted"},
        Breakage{"UnknownMethod", broken([](TestZip& z) { z.put16(z.central[0] + 10, 12); }),
                 ErrorCode::kUnsupported, "expected method 0 (stored) or 8 (deflated), found 12"},
        Breakage{"OtherDisk", broken([](TestZip& z) { z.put16(z.central[0] + 34, 1); }), kBad,
                 "found a split archive"},
        Breakage{"StoredSizesDiffer", broken([](TestZip& z) { z.put32(z.central[0] + 24, 6); }),
                 kBad, "entry \"r/a\": expected 6 stored bytes, found 5"},
        Breakage{"ImpossibleRatio",
                 broken([](TestZip& z) { z.put32(z.central[2] + 24, 0x7fffffff); }), kBad,
                 "expected at most 1032 times its"},
        Breakage{"FirstNotAtStart", broken([](TestZip& z) { z.put32(z.central[0] + 42, 1); }), kBad,
                 "entry \"r/a\": expected it to begin at byte 0"},
        Breakage{"Overlap", broken([](TestZip& z) {
                   z.put32(z.central[1] + 42, static_cast<uint32_t>(z.local[0]));
                 }),
                 kBad, "expected a local header at byte 0, found none"},
        Breakage{"Gap",
                 [] {
                   TestZip z = make_zip({{"a", "alpha"}, {"b", "beta"}});
                   TestZip only = make_zip({{"a", "alpha"}});
                   // The directory forgets the second entry.
                   z.bytes = z.bytes.substr(0, z.directory) + only.bytes.substr(only.directory);
                   z.put32(z.bytes.size() - 6, static_cast<uint32_t>(z.directory));
                   return z.bytes;
                 },
                 kBad, "entry \"a\": expected the next entry at byte"},
        Breakage{"BehindTheEnd", broken([](TestZip& z) { z.put32(z.central[2] + 42, 0xfffffff0); }),
                 kBad, "expected a local header before the directory at byte"},
        Breakage{"LocalSignature", broken([](TestZip& z) { z.put32(z.local[1], 0); }), kBad,
                 "entry \"r/b\": expected a local header"},
        Breakage{"LocalName", broken([](TestZip& z) { z.bytes[z.local[0] + 32] = 'z'; }), kBad,
                 "expected the same name, flags and method in its local header, found \"r/z\""},
        Breakage{"LocalMethod", broken([](TestZip& z) { z.put16(z.local[0] + 8, 8); }), kBad,
                 "expected the same name, flags and method"},
        Breakage{"LocalFlags", broken([](TestZip& z) { z.put16(z.local[0] + 6, 0); }), kBad,
                 "expected the same name, flags and method"},
        Breakage{"LocalCrc", broken([](TestZip& z) { z.put32(z.local[0] + 14, 7); }), kBad,
                 "the local header has 5 with 00000007"},
        Breakage{"LocalSize", broken([](TestZip& z) { z.put32(z.local[0] + 22, 4); }), kBad,
                 "the local header has 4 with"},
        Breakage{"DataTooLong", broken([](TestZip& z) {
                   z.put32(z.central[0] + 20, 500).put32(z.central[0] + 24, 500);
                 }),
                 kBad, "entry \"r/a\": expected 500 bytes of data, the archive has room for 5"},
        Breakage{
            "ExtraCutShort",
            broken([](TestZip& z) { z.put16(z.central[0] + 46 + 3 + 2, 60); }, {.zip64 = true}),
            kBad, "expected whole extra fields"},
        Breakage{
            "Zip64FieldMissing",
            broken([](TestZip& z) { z.put16(z.central[0] + 46 + 3, 0x4246); }, {.zip64 = true}),
            kBad, "expected a zip64 field for its sizes, found none"},
        Breakage{"Zip64FieldTooShort",
                 broken([](TestZip& z) { z.put32(z.central[0] + 24, 0xffffffff); }), kBad,
                 "expected a zip64 field for its sizes"},
        Breakage{"Zip64HugeSize",
                 broken(
                     [](TestZip& z) {
                       z.put64(z.central[0] + 46 + 3 + 4, UINT64_MAX - 3)
                           .put64(z.central[0] + 46 + 3 + 12, UINT64_MAX - 3);
                     },
                     {.zip64 = true}),
                 kBad, "expected 18446744073709551612 bytes of data"},
        Breakage{"DescriptorCrc",
                 broken([](TestZip& z) { z.put32(z.data[0] + 5 + 4, 7); }, {.descriptor = true}),
                 kBad, "expected its data descriptor at byte"},
        Breakage{"DescriptorSize",
                 broken([](TestZip& z) { z.put32(z.data[0] + 5 + 8, 4); }, {.descriptor = true}),
                 kBad, "expected its data descriptor at byte"}),
    [](const auto& test) { return test.param.name; });

TEST(Zip, ComparesTheChecksum) {
  TestZip zip = three();
  zip.bytes[zip.data[0]] ^= 1;
  const auto archive = parse(zip.bytes);
  ASSERT_TRUE(archive);
  const auto data = archive->checked_data(*archive->find("r/a"));
  ASSERT_FALSE(data);
  EXPECT_THAT(data.error().message, HasSubstr("entry \"r/a\": expected CRC-32"));
  EXPECT_EQ(data.error().code, ErrorCode::kDataLoss);
}

// The entry that `change` leaves, unpacked.
Result<std::vector<std::byte>> unpack_changed(const std::function<void(TestZip&)>& change) {
  TestZip zip = make_zip({{"c", kLong, true}});
  change(zip);
  const auto archive = parse(zip.bytes);
  EXPECT_TRUE(archive) << archive.error().describe();
  return archive->unpack(archive->entries()[0]);
}

TEST(Zip, RefusesDeflatedDataThatLies) {
  const auto sized = [](TestZip& zip, uint32_t size) {
    zip.put32(zip.central[0] + 24, size).put32(zip.local[0] + 22, size);
  };
  const struct {
    const char* message;
    std::function<void(TestZip&)> change;
  } cases[] = {
      {"to give 9999, ", [&](TestZip& zip) { sized(zip, 9999); }},    // a bomb: more than it says
      {"to give 10001, ", [&](TestZip& zip) { sized(zip, 10001); }},  // less than it says
      {"to give 0, ", [&](TestZip& zip) { sized(zip, 0); }},
      {"before a fault", [](TestZip& zip) { zip.bytes[zip.data[0]] = '\xff'; }},
      {"expected CRC-32",
       [](TestZip& zip) { zip.put32(zip.central[0] + 16, 7).put32(zip.local[0] + 14, 7); }},
  };
  for (const auto& test : cases) {
    const auto unpacked = unpack_changed(test.change);
    ASSERT_FALSE(unpacked) << test.message;
    EXPECT_EQ(unpacked.error().code, ErrorCode::kDataLoss);
    EXPECT_THAT(unpacked.error().message, HasSubstr(test.message));
  }
}

TEST(Zip, RefusesBytesBehindDeflatedData) {
  // Two streams in one entry: the second could be what another reader sees.
  TestZip zip = make_zip({{"c", kLong, true}});
  const size_t packed = zip.directory - zip.data[0];
  zip.bytes.insert(zip.directory, "extra");
  const auto size = static_cast<uint32_t>(packed + 5);
  zip.put32(zip.local[0] + 18, size).put32(zip.central[0] + 5 + 20, size);
  zip.put32(zip.end + 5 + 16, static_cast<uint32_t>(zip.directory + 5));
  const auto archive = parse(zip.bytes);
  ASSERT_TRUE(archive) << archive.error().describe();
  EXPECT_FALSE(archive->unpack(archive->entries()[0]));
}

// The most entries that the format has in a small file, all of them empty.
TEST(Zip, StaysWithinTheMemoryOfHostileFiles) {
  std::vector<test_data::ZipMember> members;
  for (int i = 0; i < 60000; ++i) {
    members.push_back({std::to_string(i), ""});
  }
  const std::string bytes = make_zip(members).bytes;
  const auto peak = test_data::peak_memory([&] { EXPECT_TRUE(parse(bytes)); });
  if (peak) {
    EXPECT_LE(*peak, test_data::hostile_file_limit(bytes.size()));
  }
}

TEST(ZipWriter, WritesWhatTheReaderReads) {
  const test_data::TempFolder folder;
  const auto path = folder / "out.zip";
  auto zip = ZipWriter::create(path);
  ASSERT_TRUE(zip);
  const std::string head = "head";
  ASSERT_TRUE(zip->add("a/first", {bytes_of(head), {}, bytes_of(kLong), {}}));
  ASSERT_TRUE(zip->add("b", {}));
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(zip->finish());
  const std::string bytes = test_data::read(path);
  const auto archive = parse(bytes);
  ASSERT_TRUE(archive) << archive.error().describe();
  ASSERT_EQ(archive->entries().size(), 2U);
  for (const ZipEntry& entry : archive->entries()) {
    EXPECT_EQ(entry.data % 64, 0U);
  }
  EXPECT_EQ(text_of(archive->checked_data(*archive->find("a/first")).value()), head + kLong);
  EXPECT_EQ(archive->find("b")->size, 0U);
}

TEST(ZipWriter, RefusesNamesThatAReaderWould) {
  const test_data::TempFolder folder;
  auto zip = ZipWriter::create(folder / "out.zip");
  ASSERT_TRUE(zip);
  ASSERT_TRUE(zip->add("a", {}));
  for (const char* name : {"a", "", "x\ny", "../b", "/c"}) {
    const auto added = zip->add(name, {});
    ASSERT_FALSE(added) << name;
    EXPECT_EQ(added.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(added.error().message,
                HasSubstr("expected a plain relative name that is used once"));
  }
}

}  // namespace
}  // namespace sextant::io
