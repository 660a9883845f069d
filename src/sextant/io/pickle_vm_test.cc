#include "sextant/io/pickle_vm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/pickle_globals.h"
#include "support/peak_memory.h"
#include "support/pickle_text.h"
#include "support/zip_builder.h"

namespace sextant::io {
namespace {

using test_data::le32;
using test_data::le64;
using ::testing::HasSubstr;
using namespace test_data::pickled;  // NOLINT(google-build-using-namespace): reads as pickle does

constexpr PickleRules kRules = {.memory = uint64_t{32} << 20};

Result<PickleDocument> run(const std::string& pickle, const PickleRules& rules = kRules) {
  return run_pickle(pickle, "t.pkl", rules);
}

PickleDocument must_run(const std::string& pickle) {
  auto document = run(pickle);
  EXPECT_TRUE(document) << document.error().describe();
  return document ? std::move(*document) : PickleDocument();
}

TEST(PickleVm, ReadsNumbers) {
  const struct {
    std::string pickle;
    int64_t value;
  } cases[] = {
      {"K\xff.", 255},
      {"M\xff\xff.", 65535},
      {"J\xff\xff\xff\xff.", -1},
      {std::string("\x8a\0.", 3), 0},
      {"\x8a\1\xff.", -1},
      {std::string("\x8a\2\xff\0.", 5), 255},
      {"\x8a\x08" + le64(0x8000000000000000) + ".", INT64_MIN},
      {"\x8b" + le32(1) + "\x7f.", 127},
  };
  for (const auto& test : cases) {
    const PickleDocument document = must_run(test.pickle);
    EXPECT_TRUE(document.root.is(PickleKind::kInt));
    EXPECT_EQ(document.root.integer, test.value);
  }
  EXPECT_TRUE(must_run("\x8a\x09" + std::string(9, '\1') + ".").root.is(PickleKind::kBytes));
  EXPECT_EQ(must_run(std::string("G\xbf\xf8\0\0\0\0\0\0.", 10)).root.real, -1.5);
  EXPECT_TRUE(must_run("N.").root.is(PickleKind::kNone));
  EXPECT_EQ(must_run("\x88.").root.integer, 1);
  EXPECT_EQ(must_run("\x89.").root.integer, 0);
}

TEST(PickleVm, ReadsTextOfEveryLength) {
  const std::string value = "größe";
  for (const std::string& opcode : {"X" + le32(7), std::string("\x8c\7"), "\x8d" + le64(7),
                                    std::string("U\7"), "T" + le32(7)}) {
    const std::string pickle = opcode + value + ".";
    const PickleDocument document = must_run(pickle);
    EXPECT_TRUE(document.root.is(PickleKind::kString));
    EXPECT_EQ(document.root.as_text(), value);
  }
  for (const std::string& pickle : {"B" + le32(2), std::string("C\2"), "\x8e" + le64(2),
                                    "\x96" + le64(2), std::string("U\2"), "T" + le32(2)}) {
    const std::string with_bytes = pickle + "\xff\xfe.";
    EXPECT_TRUE(must_run(with_bytes).root.is(PickleKind::kBytes));
  }
}

TEST(PickleVm, BuildsContainers) {
  const struct {
    const char* pickle;
    PickleKind kind;
    size_t items;
  } cases[] = {
      {").", PickleKind::kTuple, 0},      {"N\x85.", PickleKind::kTuple, 1},
      {"NN\x86.", PickleKind::kTuple, 2}, {"NNN\x87.", PickleKind::kTuple, 3},
      {"(NNNNt.", PickleKind::kTuple, 4}, {"].", PickleKind::kList, 0},
      {"]Na.", PickleKind::kList, 1},     {"](NNe.", PickleKind::kList, 2},
      {"(NNl.", PickleKind::kList, 2},    {"\x8f(NN\x90.", PickleKind::kList, 2},
      {"(N\x91.", PickleKind::kList, 1},  {"}.", PickleKind::kDict, 0},
      {"}NNs.", PickleKind::kDict, 2},    {"}(NNNNu.", PickleKind::kDict, 4},
      {"N0].", PickleKind::kList, 0},     {"](NN1.", PickleKind::kList, 0},
  };
  for (const auto& test : cases) {
    const PickleDocument document = must_run(test.pickle);
    EXPECT_TRUE(document.root.is(test.kind)) << test.pickle;
    EXPECT_EQ(document.items(document.root).size(), test.items) << test.pickle;
  }
  const PickleDocument twice = must_run("]2\x86.");  // one list, seen twice
  EXPECT_EQ(twice.items(twice.root)[0].size, twice.items(twice.root)[1].size);
}

TEST(PickleVm, RemembersValues) {
  const std::string large = "r" + le32(3);
  for (const std::string& pickle :
       {std::string("]q\0h\0\x86.", 7), "]\x94h" + std::string(1, '\0') + "\x86.",
        "]" + large + "j" + le32(3) + "\x86."}) {
    const PickleDocument document = must_run(pickle);
    const auto items = document.items(document.root);
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0].size, items[1].size);
  }
}

TEST(PickleVm, StopsAtTheStop) {
  EXPECT_EQ(must_run("\x80\4\x95" + le64(2) + "N.rest that is not read").consumed, 13U);
}

struct Bad {
  const char* name;
  std::string pickle;
  const char* message;
  ErrorCode code = ErrorCode::kDataLoss;
};

std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.name; }

class BadPickles : public ::testing::TestWithParam<Bad> {};

TEST_P(BadPickles, AreRefusedWithAReason) {
  const auto document = run(GetParam().pickle);
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(document.error().message, HasSubstr("[io/pickle] t.pkl"));
  EXPECT_EQ(document.error().code, GetParam().code) << document.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Opcodes, BadPickles,
    ::testing::Values(
        Bad{"Empty", "", "expected a STOP, the pickle ends at byte 0"},
        Bad{"NoStop", "N", "expected a STOP, the pickle ends at byte 1"},
        Bad{"NothingToReturn", ".", "at byte 0: expected a value on the stack, it is empty"},
        Bad{"TwoValues", "NN.", "expected one value at the end, found more"},
        Bad{"OpenMark", "N(N.", "expected one value at the end, found more"},
        Bad{"Protocol0", "I1\n.", "at byte 0: expected an allowed opcode, found 0x49",
            ErrorCode::kUnsupported},
        Bad{"Instance", "(ios\nsystem\n.", "expected an allowed opcode, found 0x69",
            ErrorCode::kUnsupported},
        Bad{"Object", "(o.", "expected an allowed opcode, found 0x6f", ErrorCode::kUnsupported},
        Bad{"Extension", "\x82\1.", "expected an allowed opcode, found 0x82",
            ErrorCode::kUnsupported},
        Bad{"TextPersistentId", "P1\n.", "expected an allowed opcode, found 0x50",
            ErrorCode::kUnsupported},
        Bad{"NewObjectEx", "\x92.", "expected an allowed opcode, found 0x92",
            ErrorCode::kUnsupported},
        Bad{"NextBuffer", "\x97.", "expected an allowed opcode, found 0x97",
            ErrorCode::kUnsupported},
        Bad{"Protocol6", "\x80\6N.", "expected pickle protocol 2 to 5, found 6",
            ErrorCode::kUnsupported},
        Bad{"FrameTooLong", "\x80\4\x95" + le64(3) + "N.", "expected a frame of 3 bytes"},
        Bad{"TextTooLong", "X" + le32(0xffffffff) + "abc.",
            "expected 4294967295 more bytes, the pickle has 4"},
        Bad{"LongTextTooLong", "\x8d" + le64(UINT64_MAX) + "abc.",
            "expected 18446744073709551615 more bytes"},
        Bad{"NumberCut", "J\1\2", "expected 4 more bytes, the pickle has 2"},
        Bad{"LongCut", "\x8a\5\1\2", "expected 5 more bytes, the pickle has 2"},
        Bad{"NotUtf8", "X" + le32(1) + "\xff.", "expected text in UTF-8"},
        Bad{"MarkMissing", "Nt.", "expected a mark on the stack, found none"},
        Bad{"TupleTooShort", "N\x86.", "expected 2 values on the stack, found 1"},
        Bad{"TupleAcrossMark", "N(N\x86.", "expected 2 values on the stack, found 1"},
        Bad{"PopAcrossMark", "N(0.", "expected a value on the stack, it is empty"},
        Bad{"AppendToNothing", "Na.", "expected a list on the stack to add to"},
        Bad{"AppendToTuple", ")Na.", "expected a list on the stack to add to"},
        Bad{"ItemsOfList", "](NNu.", "expected a dictionary on the stack to add to"},
        Bad{"OddItems", "}(NNNu.", "expected keys and values in pairs, found 3 items"},
        Bad{"ItemWithoutKey", "}Ns.", "expected a dictionary on the stack"},
        Bad{"MemoHuge", "Nr" + le32(0xffffffff) + ".",
            "expected a memo index below 7, found 4294967295"},
        Bad{"MemoOfNothing", "q\1.", "expected a value to remember"},
        Bad{"MemoUnset", "h\1.", "expected memo 1 to hold a value, it does not"},
        Bad{"MemoHole", "Nq\2h\1.", "expected memo 1 to hold a value"},
        Bad{"MemoFar", "Nq\1j" + le32(0xffffffff) + ".", "expected memo 4294967295 to hold"},
        Bad{"GlobalLine", "cos", "expected a line of at most 256 bytes"},
        Bad{"GlobalLineLong", "c" + std::string(5000, 'a') + "\n",
            "expected a line of at most 256"},
        Bad{"StackGlobalKinds", "NN\x93.", "expected module and name as text"},
        Bad{"Marks", std::string(1001, '(') + ".", "expected at most 1000 open marks",
            ErrorCode::kOutOfRange}),
    [](const auto& test) { return test.param.name; });

std::string reduce(const std::string& function, const std::string& argument) {
  return whole(function + argument + "\x85R");
}

INSTANTIATE_TEST_SUITE_P(
    Attacks, BadPickles,
    ::testing::Values(
        Bad{"System", reduce(global("os", "system"), text("true")),
            "at byte 2: expected one of the allowed names, found \"os.system\"",
            ErrorCode::kUnsupported},
        Bad{"SystemFromStack", whole(text("os") + text("system") + "\x93)R"), "found \"os.system\"",
            ErrorCode::kUnsupported},
        Bad{"SystemThroughMemo",
            whole(text("os") + "q\1" + text("system") + "q\2" + "00h\1h\2\x93"),
            "found \"os.system\"", ErrorCode::kUnsupported},
        Bad{"Posix", whole(global("posix", "system")), "\"posix.system\"", ErrorCode::kUnsupported},
        Bad{"Eval", reduce(global("builtins", "eval"), text("1")), "\"builtins.eval\"",
            ErrorCode::kUnsupported},
        Bad{"OldEval", reduce(global("__builtin__", "eval"), text("1")), "\"__builtin__.eval\"",
            ErrorCode::kUnsupported},
        Bad{"Exec", whole(global("builtins", "exec")), "\"builtins.exec\"",
            ErrorCode::kUnsupported},
        Bad{"Getattr", whole(global("builtins", "getattr")), "\"builtins.getattr\"",
            ErrorCode::kUnsupported},
        Bad{"Popen", whole(global("subprocess", "Popen")), "\"subprocess.Popen\"",
            ErrorCode::kUnsupported},
        Bad{"DottedName", whole(global("torch", "storage._load_from_bytes")),
            "\"torch.storage._load_from_bytes\"", ErrorCode::kUnsupported},
        Bad{"LoadFromBytes", reduce(global("torch.storage", "_load_from_bytes"), "C\1x"),
            "\"torch.storage._load_from_bytes\"", ErrorCode::kUnsupported},
        Bad{"TorchLoad", whole(global("torch", "load")), "\"torch.load\"", ErrorCode::kUnsupported},
        Bad{"Sparse", whole(global("torch._utils", "_rebuild_sparse_tensor")),
            "\"torch._utils._rebuild_sparse_tensor\"", ErrorCode::kUnsupported},
        Bad{"ScriptClassOutsideScript", whole(global("__torch__", "M")), "\"__torch__.M\"",
            ErrorCode::kUnsupported},
        Bad{"EmptyName", whole(global("torch", "")), "found \"torch.\"", ErrorCode::kUnsupported},
        Bad{"Escapes", whole(global("\x1b[2J", "x")), "found \"\\x1b[2J.x\"",
            ErrorCode::kUnsupported},
        Bad{"CallOfNumber", whole("K\1)R"), "expected an allowed name and a tuple of arguments"},
        Bad{"CallWithList", whole(global("collections", "OrderedDict") + "]R"),
            "expected an allowed name and a tuple of arguments"},
        Bad{"CallOfType", whole(call(global("builtins", "list"), {})),
            "builtins.list: may be named but not called"},
        Bad{"CallOfStorage", whole(call(global("torch", "FloatStorage"), {integer(1 << 30)})),
            "torch.FloatStorage: may be named but not called"},
        Bad{"NewStorage", whole(global("torch", "FloatStorage") + ")\x81"),
            "torch.FloatStorage: expected a class of plain attributes"},
        Bad{"NewDictionary", whole(global("collections", "OrderedDict") + ")\x81"),
            "collections.OrderedDict: expected a class of plain attributes"},
        Bad{"BuildNothing", whole("}b"), "expected an object to build, the stack is empty"},
        Bad{"BuildList", whole("]}b"), "BUILD: expected an object that takes state"},
        Bad{"BuildGlobal", whole(global("torch", "device") + "}b"), "BUILD: expected an object"},
        Bad{"BuildTensor", whole(tensor(storage("0", 1), {}) + "}b"), "BUILD: expected an object"},
        Bad{"BuildWithList", whole(global("argparse", "Namespace") + ")\x81]b"),
            "argparse.Namespace: expected a dictionary as its state"},
        Bad{"BuildType", whole(call(global("numpy", "dtype"), {text("f4")}) + "}b"),
            "numpy.dtype: expected a byte order in its state"}),
    [](const auto& test) { return test.param.name; });

std::string rebuild(const std::string& name, const std::vector<std::string>& arguments) {
  return whole(call(global("torch._utils", name), arguments));
}

INSTANTIATE_TEST_SUITE_P(
    Tensors, BadPickles,
    ::testing::Values(
        Bad{"IdOfNothing", whole("NQ"), "persistent id: expected ('storage', type, key"},
        Bad{"IdOfModule", whole(tuple({text("module"), "N", text("a"), text("b"), "N"}) + "Q"),
            "persistent id: expected ('storage'"},
        Bad{"IdWithView",
            whole(tuple({text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"),
                         integer(1), ")"}) +
                  "Q"),
            "persistent id: expected ('storage'"},
        Bad{"IdWithOtherType",
            whole(tuple({text("storage"), global("torch", "Size"), text("0"), text("cpu"),
                         integer(1)}) +
                  "Q"),
            "storage \"0\": expected a storage type, found torch.Size"},
        Bad{"NegativeStorage", whole(storage("0", -1)), "expected a size that can be, found -1"},
        Bad{"HugeStorage", whole(storage("0", INT64_MAX)), "expected a size that can be"},
        Bad{"StorageChanges", whole(storage("0", 4) + storage("0", 5) + "\x86"),
            "storage \"0\": expected 4 elements of torch.FloatStorage as before, found 5"},
        Bad{"StorageChangesType", whole(storage("0", 4) + storage("0", 4, "IntStorage") + "\x86"),
            "found 4 of torch.IntStorage"},
        Bad{"TooFewArguments", rebuild("_rebuild_tensor_v2", {storage("0", 1), integer(0)}),
            "torch._utils._rebuild_tensor_v2: expected 6 to 7 arguments, found 2"},
        Bad{"NoStorage", whole(tensor("N", {})), "tensor: expected a storage and an offset"},
        Bad{"NegativeOffset", whole(tensor(storage("0", 4), {-1, {1}, {1}})),
            "tensor: expected offset -1, shape [1] and strides [1] inside the 4 elements"},
        Bad{"OffsetBeyond", whole(tensor(storage("0", 4), {5, {0}, {1}})), "expected offset 5"},
        Bad{"OneTooMany", whole(tensor(storage("0", 4), {1, {4}, {1}})),
            "expected offset 1, shape [4] and strides [1] inside the 4 elements of storage \"0\""},
        Bad{"ScalarBeyond", whole(tensor(storage("0", 4), {4, {}, {}})), "expected offset 4"},
        Bad{"StrideBeyond", whole(tensor(storage("0", 4), {0, {2, 2}, {4, 1}})), "strides [4,1]"},
        Bad{"StrideOverflows", whole(tensor(storage("0", 4), {0, {3, 3}, {INT64_MAX, INT64_MAX}})),
            "inside the 4"},
        Bad{"SumOverflows", whole(tensor(storage("0", 4), {0, {2, 2}, {INT64_MAX, INT64_MAX}})),
            "inside the 4"},
        Bad{"ShapeOverflows", whole(tensor(storage("0", 4), {0, {INT64_MAX, 3}, {0, 0}})),
            "more than 2^63 elements"},
        Bad{"NegativeExtent", whole(tensor(storage("0", 4), {0, {-1}, {1}})),
            "tensor: expected integers >= 0 as shape, found -1"},
        Bad{"NegativeStride", whole(tensor(storage("0", 4), {3, {2}, {-1}})),
            "tensor: expected integers >= 0 as strides, found -1"},
        Bad{"StridesMissing", whole(tensor(storage("0", 4), {0, {2, 2}, {1}})),
            "expected one stride for each of 2 extents, found 1"},
        Bad{"Rank",
            whole(tensor(storage("0", 4),
                         {0, std::vector<int64_t>(17, 1), std::vector<int64_t>(17, 1)})),
            "expected a rank of at most 16, found 17"},
        Bad{"UntypedWithoutType",
            whole(tensor(tuple({text("storage"), global("torch.storage", "UntypedStorage"),
                                text("0"), text("cpu"), integer(4)}) +
                             "Q",
                         {0, {1}, {1}})),
            "tensor: expected a typed storage, found torch.storage.UntypedStorage"},
        Bad{"TypeIsNoType",
            rebuild("_rebuild_tensor_v3",
                    {storage("0", 1), integer(0), ")", ")", "\x89", "N", "N"}),
            "tensor: expected an element type as argument 7"},
        Bad{"ParameterOfNothing", rebuild("_rebuild_parameter", {"N", "\x89", "N"}),
            "parameter: expected a tensor in it"},
        Bad{"FromTypeOfOther",
            whole(call(global("torch._tensor", "_rebuild_from_type_v2"),
                       {global("torch", "Size"), "N", ")", "N"})),
            "tensor: expected a rebuild function, found torch.Size"},
        Bad{"FromTypeOfItself",
            whole(call(global("torch._tensor", "_rebuild_from_type_v2"),
                       {global("torch._tensor", "_rebuild_from_type_v2"), "N", ")", "N"})),
            "tensor: expected a rebuild function, found torch._tensor._rebuild_from_type_v2"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Values, BadPickles,
    ::testing::Values(
        Bad{"DictionaryOfNumbers", whole(call(global("collections", "OrderedDict"), {"](K\1e"})),
            "dictionary: expected pairs in its list"},
        Bad{"DictionaryOfNumber", whole(call(global("collections", "OrderedDict"), {"K\1"})),
            "dictionary: expected a list of pairs"},
        Bad{"CounterOfList", whole(call(global("collections", "Counter"), {"]"})),
            "counter: expected a dictionary in it"},
        Bad{"SetOfNumber", whole(call(global("builtins", "set"), {"K\1"})),
            "set: expected a list in it"},
        Bad{"DeviceOfNumber", whole(call(global("torch", "device"), {"K\1"})),
            "device: expected a name and a number"},
        Bad{"PathOfNumber", whole(call(global("pathlib", "PosixPath"), {"K\1"})),
            "path: expected strings"},
        Bad{"EncodeOther", whole(call(global("_codecs", "encode"), {text("a"), text("rot13")})),
            "bytes: expected a text and \"latin1\""},
        Bad{"EncodeWide",
            whole(call(global("_codecs", "encode"), {text("\u0100"), text("latin1")})),
            "bytes: expected characters below U+0100 at 0"},
        Bad{"TypeOfNumber", whole(call(global("numpy", "dtype"), {"K\1"})),
            "numpy.dtype: expected a code"},
        Bad{"ScalarOfNumber",
            whole(call(global("numpy.core.multiarray", "scalar"), {"K\1", "K\1"})),
            "numpy scalar: expected an element type and bytes"}),
    [](const auto& test) { return test.param.name; });

TEST(PickleVm, HintsHowToSaveAnUnknownClass) {
  const auto document = run(whole(global("mymodel", "Net")));
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error().hint, HasSubstr("torch.save(model.state_dict()"));
}

TEST(PickleVm, ScriptClassesArePlainObjects) {
  const std::string pickle =
      whole(global("__torch__.a.b", "M") + ")\x81" + dictionary({text("w"), "K\1"}) + "b");
  const auto document = run(pickle, {.memory = 1 << 20, .script = true});
  ASSERT_TRUE(document) << document.error().describe();
  EXPECT_TRUE(document->root.is(PickleKind::kObject));
  EXPECT_EQ(document->items(document->root).size(), 2U);
  EXPECT_FALSE(run(whole(global("os", "system")), {.memory = 1 << 20, .script = true}));
  EXPECT_FALSE(run(whole(global("__torch__x", "M")), {.memory = 1 << 20, .script = true}));
}

TEST(PickleVm, AnObjectMayBeItsOwnState) {
  // ns.__dict__ = {"self": ns}, and a dictionary that is built with itself
  must_run(whole(global("argparse", "Namespace") + ")\x81q\1" + dictionary({text("self"), "h\1"}) +
                 "b"));
  must_run(whole("}q\1h\1b"));
  must_run(whole("]q\1h\1a"));
}

// Every opcode where it finds nothing, little or much: an error or a value, never a crash.
TEST(PickleVm, SurvivesEveryOpcodeOnEveryStack) {
  for (int opcode = 0; opcode < 256; ++opcode) {
    for (const char* before : {"", "N", "(", "N(", "NNN", "](", "}(NN", ")", "]N", "}NN"}) {
      for (const size_t behind : {0, 1, 4, 8, 20}) {
        for (const char fill : {'\0', '\1', '\xff', '\n'}) {
          std::string pickle = before;
          pickle += static_cast<char>(opcode);
          pickle.append(behind, fill);
          static_cast<void>(run(pickle));
          static_cast<void>(run(pickle + "."));
        }
      }
    }
  }
}

TEST(PickleVm, RefusesEveryTruncation) {
  const std::string pickle =
      whole(dictionary({text("a"), tensor(storage("0", 8), {0, {2, 4}, {4, 1}}), text("b"),
                        "G" + std::string(8, '\1'), text("c"),
                        call(global("_codecs", "encode"), {text("ab"), text("latin1")})}));
  must_run(pickle);
  for (size_t size = 0; size < pickle.size(); ++size) {
    EXPECT_FALSE(run(pickle.substr(0, size))) << size;
  }
}

// One byte can cost a value of 16 bytes, or a container of 60.
TEST(PickleVm, StaysWithinItsMemory) {
  constexpr size_t kBytes = 4 << 20;
  std::string memos = "N";
  for (uint32_t i = 0; i < kBytes / 5; ++i) {
    memos += "r" + le32(i * 5);
  }
  std::string dictionaries = "](";
  for (size_t i = 0; i < kBytes / 3; ++i) {
    dictionaries += "}NN";
  }
  for (const std::string& pickle :
       {std::string(kBytes, ']'), std::string(kBytes, 'N'), "(" + std::string(kBytes, 'N') + "t.",
        "](" + std::string(kBytes, 'N') + "e.", memos, dictionaries,
        "N" + std::string(kBytes, '2')}) {
    const uint64_t memory = (uint64_t{32} << 20) + 2 * pickle.size();
    const auto peak = test_data::peak_memory([&] {
      const auto document = run(pickle, {.memory = memory});
      ASSERT_FALSE(document);
    });
    if (peak) {
      EXPECT_LE(*peak, memory + (4 << 20)) << pickle.substr(0, 10);
    }
  }
  const auto refused = run(std::string(1 << 20, ']'), {.memory = 1 << 20});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOutOfRange);
  EXPECT_THAT(refused.error().message, HasSubstr("expected at most 1048576 bytes of values"));
}

TEST(PickleGlobals, AreFewAndHaveNoFunctions) {
  EXPECT_EQ(find_pickle_global("builtins", "exec", true), nullptr);
  EXPECT_EQ(find_pickle_global("__builtin__", "set", false)->call, PickleCall::kSequence);
  EXPECT_EQ(find_pickle_global("torch", "float32", false)->dtype, DType::kF32);
  EXPECT_EQ(find_pickle_global("torch", "BFloat16Storage", false)->dtype, DType::kBF16);
  EXPECT_EQ(find_pickle_global("torch", "ComplexFloatStorage", false)->dtype, std::nullopt);
  EXPECT_EQ(find_pickle_global("torch", "QInt8Storage", false), nullptr);
}

}  // namespace
}  // namespace sextant::io
