#include "sextant/io/pickle_globals.h"

#include <algorithm>
#include <array>

namespace sextant::io {
namespace {

using enum PickleCall;

// Element types by torch's names; those without a DType are recognised and skipped.
struct TypeRow {
  std::string_view name;
  std::string_view storage;  // its typed storage class, where there is one
  std::optional<DType> dtype;
  int64_t bytes;
};

constexpr std::array kTypes = {
    TypeRow{"float64", "DoubleStorage", DType::kF64, 8},
    TypeRow{"float32", "FloatStorage", DType::kF32, 4},
    TypeRow{"float16", "HalfStorage", DType::kF16, 2},
    TypeRow{"bfloat16", "BFloat16Storage", DType::kBF16, 2},
    TypeRow{"float8_e4m3fn", "", DType::kF8E4M3, 1},
    TypeRow{"float8_e5m2", "", DType::kF8E5M2, 1},
    TypeRow{"int64", "LongStorage", DType::kI64, 8},
    TypeRow{"int32", "IntStorage", DType::kI32, 4},
    TypeRow{"int16", "ShortStorage", DType::kI16, 2},
    TypeRow{"int8", "CharStorage", DType::kI8, 1},
    TypeRow{"uint64", "", DType::kU64, 8},
    TypeRow{"uint32", "", DType::kU32, 4},
    TypeRow{"uint16", "", DType::kU16, 2},
    TypeRow{"uint8", "ByteStorage", DType::kU8, 1},
    TypeRow{"bool", "BoolStorage", DType::kBool, 1},
    TypeRow{"complex64", "ComplexFloatStorage", std::nullopt, 8},
    TypeRow{"complex128", "ComplexDoubleStorage", std::nullopt, 16},
};

constexpr std::array kNames = {
    PickleGlobal{"torch.storage", "UntypedStorage", kUntypedStorage},
    PickleGlobal{"torch._utils", "_rebuild_tensor", kTensorV1},
    PickleGlobal{"torch._utils", "_rebuild_tensor_v2", kTensorV2},
    PickleGlobal{"torch._utils", "_rebuild_tensor_v3", kTensorV3},
    PickleGlobal{"torch._utils", "_rebuild_parameter", kParameter},
    PickleGlobal{"torch._utils", "_rebuild_parameter_with_state", kParameter},
    PickleGlobal{"torch._tensor", "_rebuild_from_type_v2", kFromType},
    PickleGlobal{"torch", "Tensor", kNever},
    PickleGlobal{"torch.nn.parameter", "Parameter", kNever},
    PickleGlobal{"torch.nn.parameter", "Buffer", kNever},
    PickleGlobal{"torch", "Size", kFirst},
    PickleGlobal{"torch", "device", kDevice},
    PickleGlobal{"torch.jit._pickle", "build_intlist", kFirst},
    PickleGlobal{"torch.jit._pickle", "build_doublelist", kFirst},
    PickleGlobal{"torch.jit._pickle", "build_boollist", kFirst},
    PickleGlobal{"torch.jit._pickle", "build_tensorlist", kFirst},
    PickleGlobal{"torch.jit._pickle", "restore_type_tag", kFirst},
    PickleGlobal{"collections", "OrderedDict", kDictionary},
    PickleGlobal{"collections", "defaultdict", kDefaultDict},
    PickleGlobal{"collections", "Counter", kCounter},
    PickleGlobal{"argparse", "Namespace", kNamespace},
    PickleGlobal{"types", "SimpleNamespace", kNamespace},
    PickleGlobal{"pathlib", "PosixPath", kPath},
    PickleGlobal{"pathlib._local", "PosixPath", kPath},
    PickleGlobal{"_codecs", "encode", kEncode},
    PickleGlobal{"numpy", "dtype", kNumpyType},
    PickleGlobal{"numpy", "ndarray", kNever},
    PickleGlobal{"numpy.core.multiarray", "scalar", kNumpyScalar},
    PickleGlobal{"numpy._core.multiarray", "scalar", kNumpyScalar},
    PickleGlobal{"numpy.core.multiarray", "_reconstruct", kNumpyArray},
    PickleGlobal{"numpy._core.multiarray", "_reconstruct", kNumpyArray},
    PickleGlobal{"numpy.core.numeric", "_frombuffer", kNumpyArray},
    PickleGlobal{"numpy._core.numeric", "_frombuffer", kNumpyArray},
};

// Of Python itself: "builtins", in Python 2 and protocol 2 "__builtin__".
constexpr std::array kBuiltins = {
    PickleGlobal{"builtins", "set", kSequence}, PickleGlobal{"builtins", "frozenset", kSequence},
    PickleGlobal{"builtins", "bytes", kBytes},  PickleGlobal{"builtins", "complex", kComplex},
    PickleGlobal{"builtins", "list", kNever},   PickleGlobal{"builtins", "dict", kNever},
    PickleGlobal{"builtins", "int", kNever},    PickleGlobal{"builtins", "float", kNever},
    PickleGlobal{"builtins", "bool", kNever},   PickleGlobal{"builtins", "str", kNever},
};

// torch.float32, ... and torch.FloatStorage, ...
constexpr auto kTorchTypes = [] {
  std::array<PickleGlobal, 2 * kTypes.size()> rows{};
  for (size_t i = 0; i < kTypes.size(); ++i) {
    const TypeRow& type = kTypes[i];
    rows[2 * i] = {"torch", type.name, kDtype, type.dtype, type.bytes, type.name};
    rows[2 * i + 1] = {"torch", type.storage, kStorageType, type.dtype, type.bytes, type.name};
  }
  return rows;
}();

constexpr PickleGlobal kScript = {"__torch__", "*", kScriptClass};

template <size_t N>
const PickleGlobal* find_in(const std::array<PickleGlobal, N>& rows, std::string_view module,
                            std::string_view name) {
  const auto* row = std::find_if(rows.begin(), rows.end(), [&](const PickleGlobal& candidate) {
    return candidate.module == module && candidate.name == name;
  });
  return row == rows.end() ? nullptr : row;
}

}  // namespace

const PickleGlobal* find_pickle_global(std::string_view module, std::string_view name,
                                       bool script) {
  if (name.empty()) {
    return nullptr;
  }
  if (script && (module == "__torch__" || module.starts_with("__torch__."))) {
    return &kScript;
  }
  if (const auto* row = find_in(kNames, module, name)) {
    return row;
  }
  if (const auto* row = find_in(kTorchTypes, module, name)) {
    return row;
  }
  return find_in(kBuiltins, module == "__builtin__" ? "builtins" : module, name);
}

}  // namespace sextant::io
