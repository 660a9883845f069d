// The names that a pickle may mention, and what "calling" one means here: a fixed table of about 60
// data constructors. Nothing outside it can be named, and nothing in it runs code: each call is
// arithmetic on values of the document. Private to the pickle reader.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sextant/base/dtype.h"
#include "sextant/base/error.h"
#include "sextant/io/pickle_value.h"

namespace sextant::io {

enum class PickleCall : uint8_t {
  kNever,        // may be named (as a type or default factory), not called
  kDtype,        // torch.float32: a value
  kStorageType,  // torch.FloatStorage: in persistent ids
  kUntypedStorage,
  kTensorV1,    // (storage, offset, shape, strides)
  kTensorV2,    // and (requires_grad, hooks[, metadata])
  kTensorV3,    // and the element type
  kParameter,   // (tensor, requires_grad, hooks[, state])
  kFromType,    // (rebuild function, type, its arguments, state)
  kDictionary,  // collections.OrderedDict
  kDefaultDict,
  kCounter,
  kSequence,  // set, frozenset
  kFirst,     // the value is its first argument: torch.Size, typed lists of TorchScript
  kDevice,
  kPath,
  kComplex,
  kEncode,       // _codecs.encode: how protocol 2 writes bytes
  kBytes,        // bytes(): how protocol 2 writes no bytes
  kNamespace,    // an object with attributes
  kScriptClass,  // any class of a TorchScript archive: an object with attributes
  kNumpyScalar,
  kNumpyType,
  kNumpyArray,
};

struct PickleGlobal {
  std::string_view module;
  std::string_view name;
  PickleCall call = PickleCall::kNever;
  std::optional<DType> dtype = {};  // kDtype, kStorageType
  int64_t item_bytes = 0;           // kDtype, kStorageType
  std::string_view element = {};    // kDtype, kStorageType: "float32"
};

// The row of that name, or null. Names below "__torch__." are `script_class` where `script` is set.
const PickleGlobal* find_pickle_global(std::string_view module, std::string_view name, bool script);

}  // namespace sextant::io
