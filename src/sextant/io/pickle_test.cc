#include "sextant/io/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/peak_memory.h"
#include "support/pickle_text.h"
#include "support/temp_folder.h"
#include "support/tensor_goldens.h"
#include "support/test_data.h"
#include "support/zip_builder.h"

namespace sextant::io {
namespace {

using test_data::le64;
using test_data::make_zip;
using test_data::TestZip;
using test_data::ZipMember;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using namespace test_data::pickled;  // NOLINT(google-build-using-namespace): reads as pickle does

std::filesystem::path golden(std::string_view name) {
  return test_data::repository("tests/parity/pickle") / name;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

Json goldens() {
  return parse_json(test_data::read(golden("expected.json")), "expected.json").value();
}

Result<std::unique_ptr<TensorSource>> parse(const std::string& bytes,
                                            const ArchiveOptions& options = {}) {
  return parse_pickle(bytes_of(bytes), "t.pt", options);
}

TEST(Pickle, ReadsWhatTorchWrites) {
  const Json expected = goldens();
  for (const auto& [file, tensors] : expected.items()) {
    if (file == "script.pt") {
      continue;  // below: its order is not that of the list
    }
    for (const LoadMode mode : {LoadMode::kMap, LoadMode::kRead}) {
      const auto source = open_pickle(golden(file), {.mode = mode, .check_data = true});
      ASSERT_TRUE(source) << file << ": " << source.error().describe();
      EXPECT_EQ((*source)->format(), "pickle");
      EXPECT_EQ(test_data::difference(**source, tensors), "") << file;
    }
  }
}

TEST(Pickle, ReadsTheAttributesOfTorchScript) {
  const auto source = open_pickle(golden("script.pt"));
  ASSERT_TRUE(source) << source.error().describe();
  const Json expected = goldens();
  ASSERT_EQ((*source)->tensors().size(), expected["script.pt"].size());
  for (const Json& tensor : expected["script.pt"]) {
    const auto view = (*source)->view(tensor["name"].get<std::string>());
    ASSERT_TRUE(view) << tensor["name"];
    EXPECT_EQ(view->shape, tensor["shape"].get<Shape>());
  }
  EXPECT_THAT((*source)->metadata(),
              IsSupersetOf({Pair("sizes", "[1, 2, 3]"), Pair("inner.table.k", "1.5"),
                            Pair("inner.names", "[a, b]"), Pair("training", "True")}));
}

TEST(Pickle, KeepsStridesAndSharedBytes) {
  for (const char* file : {"views.pt", "views_old.pt"}) {
    const auto opened = open_pickle(golden(file));
    ASSERT_TRUE(opened) << opened.error().describe();
    const TensorSource& source = **opened;
    const auto view = [&](const char* name) { return source.view(name).value(); };
    const TensorView base = view("base");
    EXPECT_TRUE(base.strides.empty());
    EXPECT_EQ(view("again").data, base.data);
    EXPECT_EQ(view("transposed").data, base.data);
    EXPECT_THAT(view("transposed").strides, ElementsAre(1, 6));
    EXPECT_EQ(view("block").data, base.data + (6 + 2) * sizeof(float));
    EXPECT_THAT(view("block").strides, ElementsAre(6, 1));
    EXPECT_TRUE(view("row").strides.empty());
    EXPECT_THAT(view("expanded").strides, ElementsAre(0, 0));
    EXPECT_EQ(source.find("expanded")->bytes, 4);
    EXPECT_EQ(source.find("transposed")->bytes, 96);
    EXPECT_THAT(view("overlapping").shape, ElementsAre(10, 6));
    EXPECT_TRUE(view("unit_extents").strides.empty());
    for (const TensorInfo& tensor : source.tensors()) {
      const auto item = static_cast<uintptr_t>(info(tensor.dtype).block_bytes);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(view(tensor.name.c_str()).data) % item, 0U);
      EXPECT_EQ(tensor.file, file);
    }
  }
}

TEST(Pickle, SaysWhereTensorsLie) {
  const auto source = open_pickle(golden("views.pt"));
  ASSERT_TRUE(source);
  const std::string bytes = test_data::read(golden("views.pt"));
  const TensorInfo* tail = (*source)->find("tail");
  EXPECT_EQ(bytes.substr(tail->offset, static_cast<size_t>(tail->bytes)),
            test_data::row_major_bytes((*source)->view("tail").value()));
}

TEST(Pickle, ListsEverythingElseAsMetadata) {
  for (const char* file : {"nested.pt", "nested_old.pt", "nested_protocol3.pt",
                           "nested_protocol4.pt", "nested_protocol5.pt"}) {
    const auto source = open_pickle(golden(file));
    ASSERT_TRUE(source) << source.error().describe();
    const auto& metadata = (*source)->metadata();
    EXPECT_THAT(
        metadata,
        IsSupersetOf({Pair("args.lr", "0.0001"), Pair("args.name", "run 1"),
                      Pair("args.steps", "[1, 2]"), Pair("args.inner.on", "True"),
                      Pair("simple.a", "1"), Pair("epoch", "12"), Pair("negative", "-5"),
                      Pair("big", "1099511627776"), Pair("huge", "(9 bytes)"), Pair("loss", "0.5"),
                      Pair("text", "line\nline"), Pair("none", "None"), Pair("flag", "False"),
                      Pair("bytes", "(3 bytes)"), Pair("no bytes", "(0 bytes)"), Pair("set", "[3]"),
                      Pair("frozen", "[1]"), Pair("size", "[1, 2]"), Pair("device", "cuda:1")}))
        << file;
    EXPECT_THAT(
        metadata,
        IsSupersetOf(
            {Pair("dtype", "torch.float16"), Pair("scalar32", "2.5"), Pair("scalar64", "-0.25"),
             Pair("integer", "-3"), Pair("byte", "200"), Pair("switch", "True"),
             Pair("array", "not read: an array of numpy inside the pickle"),
             Pair("complex", "not read: complex64 elements, shape [2]"), Pair("path", "/data/run"),
             Pair("defaults.a", "[1]"), Pair("counter.a", "2"), Pair("complex number", "[1, 2]"),
             Pair("(pair, 1)", "2"), Pair("empty list", "[]"), Pair("7.True", "1")}))
        << file;
  }
}

TEST(Pickle, RefusesWholeModels) {
  const auto source = open_pickle(golden("refused_model.pt"));
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(source.error().message, HasSubstr("found \"torch.nn.modules.linear.Linear\""));
  EXPECT_THAT(source.error().hint, HasSubstr("torch.save(model.state_dict()"));
}

// --- archives made here ---

constexpr size_t kDataSize = 16;

std::vector<ZipMember> members(const std::string& pickle) {
  return {{"r/data.pkl", pickle}, {"r/data/0", std::string(kDataSize, '\1')}};
}

std::string archive(const std::string& value) { return make_zip(members(whole(value))).bytes; }

const std::string kFour = tensor(storage("0", 4), {0, {4}, {1}});

TEST(Pickle, ReadsStoredRecordsOfAnyPacker) {
  for (const test_data::ZipStyle style :
       {test_data::ZipStyle{}, {.zip64 = true}, {.descriptor = true}}) {
    for (size_t length = 1; length < 9; ++length) {  // moves the data to any address
      const std::string root(length, 'r');
      const std::string bytes =
          make_zip({{root + "/data.pkl", whole(kFour)}, {root + "/data/0", std::string(16, '\1')}},
                   style)
              .bytes;
      const auto source = parse(bytes);
      ASSERT_TRUE(source) << source.error().describe();
      const TensorView view = (*source)->view("tensor").value();
      EXPECT_EQ(reinterpret_cast<uintptr_t>(view.data) % alignof(float), 0U);
      EXPECT_EQ(test_data::row_major_bytes(view), std::string(16, '\1'));
    }
  }
}

struct Bad {
  const char* name;
  std::string bytes;
  const char* message;
  ErrorCode code = ErrorCode::kDataLoss;
};

std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.name; }

class BadFiles : public ::testing::TestWithParam<Bad> {};

TEST_P(BadFiles, AreRefusedWithAReason) {
  const auto source = parse(GetParam().bytes);
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(source.error().message, HasSubstr("t.pt"));
  EXPECT_EQ(source.error().code, GetParam().code) << source.error().message;
}

std::string with_order(const std::string& order) {
  auto all = members(whole("}"));
  all.push_back({"r/byteorder", order});
  return make_zip(all).bytes;
}

INSTANTIATE_TEST_SUITE_P(
    Archives, BadFiles,
    ::testing::Values(
        Bad{"Empty", "", "expected a file of torch.save (a zip archive, or torch's number"},
        Bad{"BarePickle", whole("}"), "found neither in its 4 bytes"},
        Bad{"NoEntries", make_zip({}).bytes, "expected records below one folder, found \"\""},
        Bad{"NoFolder", make_zip({{"data.pkl", whole("}")}}).bytes,
            "expected records below one folder, found \"data.pkl\""},
        Bad{"TwoFolders", make_zip({{"r/data.pkl", whole("}")}, {"s/data/0", ""}}).bytes,
            "expected all records below \"r/\", found \"s/data/0\""},
        Bad{"NoPickle", make_zip({{"r/version", "3\n"}}).bytes,
            "expected a record \"r/data.pkl\", found none"},
        Bad{"PackedPickle", make_zip({{"r/data.pkl", whole("}"), true}}).bytes,
            "record \"r/data.pkl\": expected it stored, found it packed", ErrorCode::kUnsupported},
        Bad{"BigEndian", with_order("big"), "expected byte order \"little\", found \"big\"",
            ErrorCode::kUnsupported},
        Bad{"BehindStop", make_zip({{"r/data.pkl", whole("}") + "x"}}).bytes,
            "data.pkl: expected its end at byte 4, the record has 5"},
        Bad{"System", archive(global("os", "system")),
            "data.pkl (t.pt) at byte 2: expected one of "
            "the allowed names, found \"os.system\"",
            ErrorCode::kUnsupported},
        Bad{"ScriptClass", archive(global("__torch__", "M")), "\"__torch__.M\"",
            ErrorCode::kUnsupported}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Storages, BadFiles,
    ::testing::Values(
        Bad{"Missing", archive(tensor(storage("1", 4), {0, {4}, {1}})),
            "storage \"1\": expected a record \"r/data/1\", found none"},
        Bad{"OutsideItsFolder", archive(tensor(storage("../data.pkl", 4), {0, {4}, {1}})),
            "storage \"../data.pkl\": expected a record \"r/data/../data.pkl\", found none"},
        Bad{"RecordTooShort", archive(tensor(storage("0", 5), {0, {4}, {1}})),
            "storage \"0\": expected 20 bytes for 5 elements, its record has 16"},
        Bad{"RecordTooLong", archive(tensor(storage("0", 3), {0, {3}, {1}})),
            "expected 12 bytes for 3 elements, its record has 16"},
        Bad{"RecordOfOtherType", archive(tensor(storage("0", 4, "LongStorage"), {0, {4}, {1}})),
            "expected 32 bytes for 4 elements, its record has 16"},
        Bad{"WindowBeyond", archive(tensor(storage("0", 4), {1, {4}, {1}})),
            "expected offset 1, shape [4] and strides [1] inside the 4 elements"},
        Bad{"UnusedButMissing", archive(storage("7", 4)), "storage \"7\": expected a record"},
        Bad{"Packed",
            make_zip({{"r/data.pkl", whole(kFour)}, {"r/data/0", std::string(16, '\1'), true}})
                .bytes,
            "record \"r/data/0\": expected it stored, found it packed", ErrorCode::kUnsupported},
        Bad{"Repeated", archive(tensor(storage("0", 4), {0, {1 << 30, 1 << 10}, {0, 0}})),
            "tensor \"tensor\": expected at most", ErrorCode::kOutOfRange}),
    [](const auto& test) { return test.param.name; });

TEST(Pickle, ComparesChecksums) {
  TestZip zip = make_zip(members(whole(kFour)));
  zip.bytes[zip.data[0] + 1] = '\3';  // protocol 2 became 3
  auto source = parse(zip.bytes);
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr("[io/zip] entry \"r/data.pkl\": expected CRC-32"));

  zip = make_zip(members(whole(kFour)));
  zip.bytes[zip.data[1]] ^= 1;
  EXPECT_TRUE(parse(zip.bytes));
  source = parse(zip.bytes, {.check_data = true});
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr("entry \"r/data/0\": expected CRC-32"));
}

// --- the format before zip ---

const std::string kOldHead =
    std::string("\x80\2\x8a\n\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15) + whole("M\xe9\3");

std::string old_file(const std::string& value, const std::string& keys, const std::string& data,
                     bool little = true) {
  return kOldHead + whole(dictionary({text("little_endian"), little ? "\x88" : "\x89"})) +
         whole(value) + whole(keys) + data;
}

const std::string kKeys = "]" + text("0") + "a";
const std::string kFourData = le64(4) + std::string(16, '\1');

INSTANTIATE_TEST_SUITE_P(
    Old, BadFiles,
    ::testing::Values(
        Bad{"OnlyMagic", kOldHead.substr(0, 15), "version (t.pt): expected a STOP"},
        Bad{"Version", kOldHead.substr(0, 15) + whole("K\1"), "expected version 1001"},
        Bad{"NoByteOrder", kOldHead + whole("}"), "expected a byte order in the system record"},
        Bad{"BigEndian", old_file(kFour, kKeys, kFourData, false),
            "expected little-endian numbers, found big-endian", ErrorCode::kUnsupported},
        Bad{"System", old_file(global("os", "system"), kKeys, kFourData),
            "object (t.pt) at byte 2: expected one of the allowed names, found \"os.system\"",
            ErrorCode::kUnsupported},
        Bad{"SystemInKeys", old_file(kFour, global("os", "system"), kFourData),
            "storage keys (t.pt) at byte 2", ErrorCode::kUnsupported},
        Bad{"KeysMissing", old_file(kFour, "]", kFourData), "expected a list of 1 storage keys"},
        Bad{"OtherKey", old_file(kFour, "]" + text("1") + "a", kFourData),
            "expected each storage once in the list of keys"},
        Bad{"KeyTwice",
            old_file(tuple({kFour, tensor(storage("1", 4), {})}),
                     "](" + text("0") + text("0") + "e", kFourData + kFourData),
            "expected each storage once in the list of keys"},
        Bad{"OtherCount", old_file(kFour, kKeys, le64(5) + std::string(16, '\1')),
            "storage \"0\": expected 4 elements, found 5"},
        Bad{"DataShort", old_file(kFour, kKeys, le64(4) + std::string(15, '\1')),
            "storage \"0\": expected 16 bytes at byte"},
        Bad{"CountCut", old_file(kFour, kKeys, "\4"), "the file has 1 left"},
        Bad{"DataLong", old_file(kFour, kKeys, kFourData + "x"), "expected the end of the file"}),
    [](const auto& test) { return test.param.name; });

TEST(Pickle, ReadsTheFormatBeforeZip) {
  const std::string bytes = old_file(kFour, kKeys, kFourData);
  const auto source = parse(bytes);
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_EQ(test_data::row_major_bytes((*source)->view("tensor").value()), std::string(16, '\1'));
}

// --- every file, every byte ---

class PickleTruncations : public ::testing::TestWithParam<const char*> {};

TEST_P(PickleTruncations, AreErrors) {
  const std::string whole_file = test_data::read(golden(GetParam()));
  for (size_t size = 0; size < whole_file.size(); ++size) {
    EXPECT_FALSE(parse_pickle(bytes_of(whole_file).first(size), "t")) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Pickle, PickleTruncations,
                         ::testing::Values("types.pt", "types_old.pt", "views.pt", "views_old.pt",
                                           "nested.pt", "nested_old.pt", "nested_protocol5.pt",
                                           "script.pt", "training.pt", "repacked.pt"),
                         [](const auto& test) {
                           std::string name = test.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

// Any byte changed to any of a few values: an error or a source whose views can be read.
TEST(Pickle, SurvivesEveryChangedByte) {
  for (const char* file : {"views.pt", "views_old.pt", "script.pt"}) {
    std::string bytes = test_data::read(golden(file));
    for (size_t at = 0; at < bytes.size(); ++at) {
      const char before = bytes[at];
      for (const char value : {'\xff', static_cast<char>(before ^ 1)}) {
        bytes[at] = value;
        if (const auto source = parse(bytes)) {
          for (const TensorInfo& tensor : (*source)->tensors()) {
            static_cast<void>(test_data::row_major_bytes((*source)->view(tensor.name).value()));
          }
        }
      }
      bytes[at] = before;
    }
  }
}

TEST(Pickle, StaysWithinTheMemoryOfHostileFiles) {
  std::string tensors = storage("0", 4) + "q\1" + "0";
  std::string views = "](";
  for (int i = 0; i < 40000; ++i) {
    views += tensor("h\1", {0, {1}, {1}});
  }
  const std::string many_values(8 << 20, ']');
  for (const std::string& pickle : {whole(tensors + views + "e"), whole(many_values),
                                    whole("(" + std::string(8 << 20, 'N') + "t")}) {
    for (const std::string& bytes : {make_zip(members(pickle)).bytes,
                                     old_file(pickle.substr(2, pickle.size() - 3), kKeys, "")}) {
      const auto peak = test_data::peak_memory([&] { static_cast<void>(parse(bytes)); });
      if (peak) {
        EXPECT_LE(*peak, test_data::hostile_file_limit(bytes.size()));
      }
    }
  }
}

// --- real files ---

TEST(Pickle, ReadsRealAutoencoders) {
  for (const char* name :
       {"data/vae-taef2/taef2_decoder.pth", "data/vae-taef2/taef2_encoder.pth"}) {
    const auto path = test_data::shared(name);
    if (!path) {
      GTEST_SKIP() << "no development data beside the checkout";
    }
    const auto source = open_pickle(*path, {.check_data = true});
    ASSERT_TRUE(source) << source.error().describe();
    ASSERT_EQ((*source)->tensors().size(), 79U);
    int64_t elements = 0;
    for (const TensorInfo& tensor : (*source)->tensors()) {
      EXPECT_EQ(tensor.dtype, DType::kF16);
      elements += (*source)->view(tensor.name)->elements();
    }
    EXPECT_NEAR(static_cast<double>(elements), 1.34e6, 0.01e6);
  }
}

TEST(Pickle, OpensMappedFilesAndReportsMissingOnes) {
  const test_data::TempFolder folder;
  const auto missing = open_pickle(folder / "none.pt");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  const auto path = folder.write("a.pt", archive(kFour));
  const auto source = open_pickle(path);
  ASSERT_TRUE(source) << source.error().describe();
  const TensorView view = (*source)->view("tensor").value();
  (*source)->release_pages(view);
  EXPECT_EQ(test_data::row_major_bytes(view), std::string(16, '\1'));
}

}  // namespace
}  // namespace sextant::io
