#include "sextant/io/pickle_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/pickle_vm.h"
#include "support/pickle_text.h"
#include "support/zip_builder.h"

namespace sextant::io {
namespace {

using test_data::le16;
using test_data::le32;
using test_data::le64;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace test_data::pickled;  // NOLINT(google-build-using-namespace): reads as pickle does

// A pickle and what it gives; the text of the values lies in the pickle.
class Outcome {
 public:
  explicit Outcome(const std::string& value) : pickle_(whole(value)) {
    auto result = run_pickle(pickle_, "t.pkl", {.memory = 1 << 20});
    EXPECT_TRUE(result) << result.error().describe();
    if (result) {
      document_ = std::move(*result);
    }
  }
  const PickleValue& root() const { return document_.root; }
  const PickleDocument& document() const { return document_; }
  std::span<const PickleValue> items() const { return document_.items(root()); }
  const PickleTensor& tensor() const {
    EXPECT_TRUE(root().is(PickleKind::kTensor));
    return document_.tensors.at(root().size);
  }

 private:
  std::string pickle_;
  PickleDocument document_;
};

Outcome call_of(std::string_view module, std::string_view name,
                const std::vector<std::string>& arguments) {
  return Outcome(call(global(module, name), arguments));
}

std::vector<int64_t> integers(std::span<const PickleValue> items) {
  std::vector<int64_t> out;
  for (const PickleValue& item : items) {
    EXPECT_TRUE(item.is(PickleKind::kInt));
    out.push_back(item.integer);
  }
  return out;
}

const std::string kPairs =
    "](K\1K\2\x86"
    "]K\3aK\4ae";  // [(1, 2), [3, 4]]

TEST(PickleCalls, DictionariesOfEveryKind) {
  const Outcome empty = call_of("collections", "OrderedDict", {});
  EXPECT_TRUE(empty.root().is(PickleKind::kDict));
  EXPECT_THAT(empty.items(), IsEmpty());
  EXPECT_THAT(integers(call_of("collections", "OrderedDict", {kPairs}).items()),
              ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(call_of("collections", "defaultdict", {global("builtins", "list")})
                  .root()
                  .is(PickleKind::kDict));
  EXPECT_TRUE(call_of("collections", "defaultdict", {}).root().is(PickleKind::kDict));
  EXPECT_TRUE(call_of("collections", "Counter", {}).root().is(PickleKind::kDict));
  EXPECT_THAT(integers(call_of("collections", "Counter", {dictionary({"K\1", "K\2"})}).items()),
              ElementsAre(1, 2));
}

TEST(PickleCalls, SequencesAreTheirArgument) {
  for (const char* name : {"set", "frozenset"}) {
    EXPECT_THAT(call_of("builtins", name, {}).items(), IsEmpty());
    EXPECT_THAT(integers(call_of("__builtin__", name, {"](K\1K\2e"}).items()), ElementsAre(1, 2));
  }
  EXPECT_THAT(integers(call_of("torch", "Size", {"K\1K\2\x86"}).items()), ElementsAre(1, 2));
  for (const char* name :
       {"build_intlist", "build_doublelist", "build_boollist", "build_tensorlist"}) {
    EXPECT_THAT(integers(call_of("torch.jit._pickle", name, {"]K\1a"}).items()), ElementsAre(1));
  }
  EXPECT_THAT(
      integers(
          call_of("torch.jit._pickle", "restore_type_tag", {"]K\1a", text("List[int]")}).items()),
      ElementsAre(1));
  const Outcome number =
      call_of("builtins", "complex",
              {std::string("G\x3f\xf0\0\0\0\0\0\0", 9), std::string("G\xc0\0\0\0\0\0\0\0", 9)});
  EXPECT_EQ(number.items()[0].real, 1.0);
  EXPECT_EQ(number.items()[1].real, -2.0);
}

TEST(PickleCalls, TextIsJoined) {
  EXPECT_EQ(call_of("torch", "device", {text("cpu")}).root().as_text(), "cpu");
  EXPECT_EQ(call_of("torch", "device", {text("cuda"), "K\1"}).root().as_text(), "cuda:1");
  for (const char* module : {"pathlib", "pathlib._local"}) {
    EXPECT_EQ(call_of(module, "PosixPath", {text("/"), text("a"), text("b")}).root().as_text(),
              "/a/b");
  }
  EXPECT_EQ(call_of("pathlib", "PosixPath", {text("a"), text("b")}).root().as_text(), "a/b");
  EXPECT_EQ(call_of("pathlib", "PosixPath", {}).root().as_text(), "");
}

TEST(PickleCalls, BytesComeFromLatin1) {
  for (const char* coding : {"latin1", "latin-1"}) {
    const Outcome run = call_of("_codecs", "encode", {text("a\u0080\u00ff"), text(coding)});
    EXPECT_TRUE(run.root().is(PickleKind::kBytes));
    EXPECT_EQ(run.root().as_text(), "a\x80\xff");
  }
  EXPECT_EQ(call_of("__builtin__", "bytes", {}).root().as_text(), "");
}

TEST(PickleCalls, ObjectsTakeTheirAttributes) {
  const std::string state = dictionary({text("lr"), "K\1"});
  for (const std::string& object :
       {global("argparse", "Namespace") + ")\x81", call(global("types", "SimpleNamespace"), {})}) {
    const Outcome run(object + state + "b" + dictionary({text("seed"), "K\2"}) + "b");
    EXPECT_TRUE(run.root().is(PickleKind::kObject));
    ASSERT_EQ(run.items().size(), 4U);
    EXPECT_EQ(run.items()[0].as_text(), "lr");
    EXPECT_EQ(run.items()[3].integer, 2);
  }
  // The attributes of a dictionary (torch's _metadata) are dropped.
  EXPECT_THAT(Outcome(call(global("collections", "OrderedDict"), {}) + state + "b").items(),
              IsEmpty());
}

// A scalar of numpy: its type code, byte order and bytes.
PickleValue scalar(std::string_view code, std::string_view bytes, std::string_view order = "<") {
  const std::string type = call(global("numpy", "dtype"), {text(code), "\x89", "\x88"}) +
                           tuple({"K\3", text(order), "N", "N", "N"}) + "b";
  const std::string data =
      "C" + std::string(1, static_cast<char>(bytes.size())) + std::string(bytes);
  return call_of("numpy.core.multiarray", "scalar", {type, data}).root();
}

TEST(PickleCalls, NumpyScalarsBecomeNumbers) {
  EXPECT_EQ(scalar("f8", le64(0xbff8000000000000)).real, -1.5);
  EXPECT_EQ(scalar("f4", le32(0x40200000)).real, 2.5);
  EXPECT_EQ(scalar("f2", le16(0x3c00)).real, 1.0);
  EXPECT_EQ(scalar("i1", "\xff").integer, -1);
  EXPECT_EQ(scalar("i2", "\xfe\xff").integer, -2);
  EXPECT_EQ(scalar("i4", le32(0x80000000)).integer, INT32_MIN);
  EXPECT_EQ(scalar("i8", le64(0x8000000000000000)).integer, INT64_MIN);
  EXPECT_EQ(scalar("u1", "\xff", "|").integer, 255);
  EXPECT_EQ(scalar("u8", le64(INT64_MAX)).integer, INT64_MAX);
  EXPECT_TRUE(scalar("b1", "\1", "|").is(PickleKind::kBool));
}

TEST(PickleCalls, NumpyScalarsWithoutAValueStayBytes) {
  for (const PickleValue& value :
       {scalar("u8", le64(0x8000000000000000)), scalar("i4", le32(1), ">"), scalar("i4", "\1"),
        scalar("f4", "\1\2"), scalar("c8", le64(1)), scalar("U1", le32('a')),
        scalar("i16", le64(1))}) {
    EXPECT_TRUE(value.is(PickleKind::kBytes));
  }
}

TEST(PickleCalls, NumpyArraysAreRecognised) {
  for (const char* module : {"numpy.core.multiarray", "numpy._core.multiarray"}) {
    const Outcome run(
        call(global(module, "_reconstruct"), {global("numpy", "ndarray"), tuple({"N"}), "C\1b"}) +
        ")b");
    EXPECT_TRUE(run.root().is(PickleKind::kObject));
    EXPECT_THAT(run.items(), IsEmpty());
  }
  EXPECT_TRUE(call_of("numpy._core.numeric", "_frombuffer", {"C\1x", "N", ")", text("C")})
                  .root()
                  .is(PickleKind::kObject));
}

TEST(PickleCalls, TensorsOfEveryVersion) {
  const std::string window = "K\1" + numbers({2, 3}) + numbers({1, 2});
  const std::string hooks = call(global("collections", "OrderedDict"), {});
  const std::string typed = storage("7", 8, "HalfStorage");
  const std::string untyped = tuple({text("storage"), global("torch.storage", "UntypedStorage"),
                                     text("7"), text("cpu"), integer(16)}) +
                              "Q";
  const std::string v2 = global("torch._utils", "_rebuild_tensor_v2");
  const std::string v2_arguments = "(" + typed + window + "\x89" + hooks + "t";
  for (const std::string& value :
       {global("torch._utils", "_rebuild_tensor") + "(" + typed + window + "tR",
        v2 + v2_arguments + "R", v2 + "(" + typed + window + "\x89" + hooks + "}tR",
        global("torch._utils", "_rebuild_tensor_v3") + "(" + untyped + window + "\x89" + hooks +
            global("torch", "float16") + "tR",
        global("torch._utils", "_rebuild_parameter") + "(" + v2 + v2_arguments + "R\x88" + hooks +
            "tR",
        global("torch._utils", "_rebuild_parameter_with_state") + "(" + v2 + v2_arguments +
            "R\x88" + hooks + "}tR",
        global("torch._tensor", "_rebuild_from_type_v2") + "(" + v2 + global("torch", "Tensor") +
            v2_arguments + "}tR"}) {
    const Outcome run(value);
    const PickleTensor& tensor = run.tensor();
    EXPECT_EQ(tensor.dtype, DType::kF16);
    EXPECT_EQ(tensor.type_name, "float16");
    EXPECT_EQ(tensor.item_bytes, 2);
    EXPECT_EQ(tensor.offset, 1);
    EXPECT_THAT(tensor.shape, ElementsAre(2, 3));
    EXPECT_THAT(tensor.strides, ElementsAre(1, 2));
    EXPECT_EQ(tensor.span_bytes, 12);
    ASSERT_EQ(run.document().storages.size(), 1U);
    EXPECT_EQ(run.document().storages[0].key, "7");
    EXPECT_EQ(run.document().storages[0].bytes, 16);
  }
}

TEST(PickleCalls, WindowsMayTouchTheEndOfTheirStorage) {
  const struct {
    Window window;
    int64_t span;
  } cases[] = {
      {{0, {4}, {1}}, 16},        {{3, {}, {}}, 4},          {{4, {0}, {1}}, 0},
      {{1, {1, 1}, {99, 99}}, 4}, {{0, {2, 2}, {1, 2}}, 16}, {{3, {1000}, {0}}, 4},
      {{0, {2, 0}, {99, 99}}, 0},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(Outcome(tensor(storage("0", 4), test.window)).tensor().span_bytes, test.span);
  }
}

TEST(PickleCalls, StoragesAreOneWhereTheirKeyIs) {
  const Outcome run(tuple({storage("0", 4), storage("1", 4), storage("0", 4)}));
  EXPECT_EQ(run.document().storages.size(), 2U);
  EXPECT_EQ(run.items()[0].size, run.items()[2].size);
  EXPECT_NE(run.items()[0].size, run.items()[1].size);
}

TEST(PickleCalls, NamesAreWrittenAsInPython) {
  EXPECT_EQ(qualified_name(*find_pickle_global("torch", "FloatStorage", false)),
            "torch.FloatStorage");
}

}  // namespace
}  // namespace sextant::io
