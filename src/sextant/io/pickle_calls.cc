#include "sextant/io/pickle_calls.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "sextant/base/checked.h"
#include "sextant/base/half.h"

namespace sextant::io {
namespace {

using enum PickleKind;
using Arguments = std::span<const PickleValue>;

constexpr size_t kMaxRank = 16;

template <class... Args>
Failure problem(std::string_view pattern, const Args&... args) {
  return fail(ErrorCode::kDataLoss, pattern, args...);
}

// Extents or strides: a tuple of integers >= 0.
Result<std::vector<int64_t>> numbers(const PickleBuilder& builder, const PickleValue& value,
                                     std::string_view what) {
  if (!value.is(kTuple)) {
    return problem("tensor: expected a tuple as {}", what);
  }
  const auto items = builder.document.items(value);
  if (items.size() > kMaxRank) {
    return problem("tensor: expected a rank of at most {}, found {}", kMaxRank, items.size());
  }
  std::vector<int64_t> out;
  for (const PickleValue& item : items) {
    if (!item.is(kInt) || item.integer < 0) {
      return problem("tensor: expected integers >= 0 as {}, found {}", what,
                     item.is(kInt) ? std::to_string(item.integer) : "another kind");
    }
    out.push_back(item.integer);
  }
  return out;
}

// Bytes from the first to behind the last element. Error where that does not fit the storage.
Result<int64_t> check_window(const PickleTensor& tensor, const PickleStorage& storage) {
  SEXTANT_TRY(const int64_t count, element_count(tensor.shape));
  std::optional<int64_t> last = 0;  // index of the last element, from the first
  for (size_t i = 0; i < tensor.shape.size() && last && count > 0; ++i) {
    const auto step = checked_mul(tensor.shape[i] - 1, tensor.strides[i]);
    last = step ? checked_add(*last, *step) : step;
  }
  const int64_t capacity = storage.bytes / tensor.item_bytes;
  const auto end = last ? checked_add(*last, tensor.offset) : last;
  if (tensor.offset < 0 || tensor.offset > capacity || !end || (count > 0 && *end >= capacity)) {
    return problem(
        "tensor: expected offset {}, shape {} and strides {} inside the {} elements of "
        "storage \"{}\"",
        tensor.offset, to_string(tensor.shape), to_string(tensor.strides), capacity,
        printable(storage.key));
  }
  return count == 0 ? 0 : (*last + 1) * tensor.item_bytes;
}

// (storage, offset, shape, strides, ...); element type from the storage or from `type`.
Result<PickleValue> rebuild_tensor(PickleBuilder& builder, Arguments arguments,
                                   const PickleGlobal* type) {
  if (!arguments[0].is(kStorage) || !arguments[1].is(kInt)) {
    return problem("tensor: expected a storage and an offset");
  }
  const PickleStorage& storage = builder.document.storages[arguments[0].size];
  type = type != nullptr ? type : storage.type;
  if (type->call != PickleCall::kDtype && type->call != PickleCall::kStorageType) {
    return problem("tensor: expected a typed storage, found {}", qualified_name(*type));
  }
  PickleTensor tensor{.storage = arguments[0].size,
                      .dtype = type->dtype,
                      .type_name = type->element,
                      .item_bytes = type->item_bytes,
                      .offset = arguments[1].integer};
  SEXTANT_TRY(tensor.shape, numbers(builder, arguments[2], "shape"));
  SEXTANT_TRY(tensor.strides, numbers(builder, arguments[3], "strides"));
  if (tensor.shape.size() != tensor.strides.size()) {
    return problem("tensor: expected one stride for each of {} extents, found {}",
                   tensor.shape.size(), tensor.strides.size());
  }
  SEXTANT_TRY(tensor.span_bytes, check_window(tensor, storage));
  return builder.tensor(std::move(tensor));
}

Result<PickleValue> tensor_v3(PickleBuilder& builder, Arguments arguments) {
  if (!arguments[6].is(kGlobal) || arguments[6].global->call != PickleCall::kDtype) {
    return problem("tensor: expected an element type as argument 7");
  }
  return rebuild_tensor(builder, arguments, arguments[6].global);
}

Result<PickleValue> parameter(PickleBuilder&, Arguments arguments) {
  if (!arguments[0].is(kTensor)) {
    return problem("parameter: expected a tensor in it");
  }
  return arguments[0];
}

// (function, type, its arguments, state): a tensor with Python attributes, which are dropped.
Result<PickleValue> from_type(PickleBuilder& builder, Arguments arguments) {
  if (!arguments[0].is(kGlobal) || !arguments[2].is(kTuple)) {
    return problem("tensor: expected a rebuild function and its arguments");
  }
  switch (arguments[0].global->call) {
    case PickleCall::kTensorV2:
    case PickleCall::kTensorV3:
    case PickleCall::kParameter:
      return call_pickle_global(builder, *arguments[0].global,
                                builder.document.items(arguments[2]));
    default:
      return problem("tensor: expected a rebuild function, found {}",
                     qualified_name(*arguments[0].global));
  }
}

// OrderedDict([(key, value), ...]), as Python 2 wrote it, or empty.
Result<PickleValue> dictionary(PickleBuilder& builder, Arguments arguments) {
  std::vector<PickleValue> items;
  if (!arguments.empty()) {
    if (!arguments[0].is(kList)) {
      return problem("dictionary: expected a list of pairs");
    }
    for (const PickleValue& pair : builder.document.items(arguments[0])) {
      if ((!pair.is(kTuple) && !pair.is(kList)) || builder.document.items(pair).size() != 2) {
        return problem("dictionary: expected pairs in its list");
      }
      for (const PickleValue& half : builder.document.items(pair)) {
        SEXTANT_TRY_VOID(builder.append(items, half));
      }
    }
  }
  return builder.container(kDict, std::move(items));
}

Result<PickleValue> default_dictionary(PickleBuilder& builder, Arguments) {
  return builder.container(kDict);
}

Result<PickleValue> counter(PickleBuilder& builder, Arguments arguments) {
  if (arguments.empty()) {
    return builder.container(kDict);
  }
  if (!arguments[0].is(kDict)) {
    return problem("counter: expected a dictionary in it");
  }
  return arguments[0];
}

Result<PickleValue> sequence(PickleBuilder& builder, Arguments arguments) {
  if (arguments.empty()) {
    return builder.container(kList);
  }
  if (!arguments[0].is(kList) && !arguments[0].is(kTuple)) {
    return problem("set: expected a list in it");
  }
  return arguments[0];
}

Result<PickleValue> first(PickleBuilder&, Arguments arguments) { return arguments[0]; }

// torch.device("cuda", 1) -> "cuda:1"
Result<PickleValue> device(PickleBuilder& builder, Arguments arguments) {
  if (!arguments[0].is(kString) || (arguments.size() > 1 && !arguments[1].is(kInt))) {
    return problem("device: expected a name and a number");
  }
  std::string text(arguments[0].as_text());
  if (arguments.size() > 1) {
    text += ":" + std::to_string(arguments[1].integer);
  }
  return builder.text(kString, std::move(text));
}

// ("/", "a", "b") -> "/a/b"
Result<PickleValue> path(PickleBuilder& builder, Arguments arguments) {
  std::string text;
  for (const PickleValue& part : arguments) {
    if (!part.is(kString)) {
      return problem("path: expected strings");
    }
    SEXTANT_TRY_VOID(builder.charge(part.size + 1));
    text += (text.empty() || text == "/" ? "" : "/") + std::string(part.as_text());
  }
  return builder.text(kString, std::move(text));
}

Result<PickleValue> complex_number(PickleBuilder& builder, Arguments arguments) {
  return builder.container(kTuple, {arguments.begin(), arguments.end()});
}

// Bytes that protocol 2 writes as text of the characters U+0000 to U+00FF.
Result<PickleValue> encode(PickleBuilder& builder, Arguments arguments) {
  if (!arguments[0].is(kString) || !arguments[1].is(kString) ||
      (arguments[1].as_text() != "latin1" && arguments[1].as_text() != "latin-1")) {
    return problem("bytes: expected a text and \"latin1\"");
  }
  const std::string_view text = arguments[0].as_text();
  SEXTANT_TRY_VOID(builder.charge(text.size()));
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if (lead <= 0xc3) {  // two bytes, U+0080 to U+00FF; the text is valid UTF-8
      bytes += static_cast<char>(lead << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f));
    } else {
      return problem("bytes: expected characters below U+0100 at {}", i);
    }
  }
  return builder.text(kBytes, std::move(bytes));
}

Result<PickleValue> no_bytes(PickleBuilder& builder, Arguments) { return builder.text(kBytes, ""); }

Result<PickleValue> space(PickleBuilder& builder, Arguments) {
  static constexpr PickleGlobal kType = {"argparse", "Namespace", PickleCall::kNamespace};
  return builder.container(kObject, {}, &kType);
}

// numpy.dtype("f4", align, copy): its code and, from BUILD, its byte order.
Result<PickleValue> numpy_type(PickleBuilder& builder, Arguments arguments) {
  static constexpr PickleGlobal kType = {"numpy", "dtype", PickleCall::kNumpyType};
  if (!arguments[0].is(kString)) {
    return problem("numpy.dtype: expected a code");
  }
  return builder.container(kObject, {arguments[0], PickleValue{}}, &kType);
}

Result<PickleValue> numpy_array(PickleBuilder& builder, Arguments) {
  static constexpr PickleGlobal kType = {"numpy", "ndarray", PickleCall::kNumpyArray};
  return builder.container(kObject, {}, &kType);
}

template <class T>
T element(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// A little-endian number of numpy, or nothing for what has no place in a value.
std::optional<PickleValue> decode_scalar(std::string_view code, std::string_view bytes) {
  if (code == "f8" && bytes.size() == 8) {
    return PickleValue::of_real(element<double>(bytes));
  }
  if (code == "f4" && bytes.size() == 4) {
    return PickleValue::of_real(element<float>(bytes));
  }
  if (code == "f2" && bytes.size() == 2) {
    return PickleValue::of_real(f16_to_f32(element<uint16_t>(bytes)));
  }
  const bool is_signed = code.starts_with('i');
  if ((!is_signed && !code.starts_with('u') && code != "b1") || bytes.empty() || bytes.size() > 8 ||
      code.substr(1) != std::to_string(bytes.size())) {
    return std::nullopt;
  }
  uint64_t number = 0;
  std::memcpy(&number, bytes.data(), bytes.size());
  const int unused = 64 - 8 * static_cast<int>(bytes.size());
  if (is_signed) {
    return PickleValue::of_integer(kInt, static_cast<int64_t>(number << unused) >> unused);
  }
  if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  return PickleValue::of_integer(code == "b1" ? kBool : kInt, static_cast<int64_t>(number));
}

Result<PickleValue> numpy_scalar(PickleBuilder& builder, Arguments arguments) {
  const PickleValue& type = arguments[0];
  const auto* kind = type.is(kObject) ? builder.document.containers[type.size].type : nullptr;
  if (kind == nullptr || kind->call != PickleCall::kNumpyType || !arguments[1].is(kBytes)) {
    return problem("numpy scalar: expected an element type and bytes");
  }
  const auto items = builder.document.items(type);
  const bool little = items[1].is(kString) && items[1].as_text() != ">";
  if (little) {
    if (const auto value = decode_scalar(items[0].as_text(), arguments[1].as_text())) {
      return *value;
    }
  }
  return arguments[1];  // its bytes, for want of a number
}

struct CallRow {
  PickleCall call;
  size_t least;  // arguments
  size_t most;
  Result<PickleValue> (*run)(PickleBuilder&, Arguments);
};

constexpr size_t kAny = std::numeric_limits<size_t>::max();

constexpr auto plain_tensor = [](PickleBuilder& builder, Arguments arguments) {
  return rebuild_tensor(builder, arguments, nullptr);
};

constexpr std::array kCalls = {
    CallRow{PickleCall::kTensorV1, 4, 4, plain_tensor},
    CallRow{PickleCall::kTensorV2, 6, 7, plain_tensor},
    CallRow{PickleCall::kTensorV3, 7, 8, tensor_v3},
    CallRow{PickleCall::kParameter, 3, 4, parameter},
    CallRow{PickleCall::kFromType, 4, 4, from_type},
    CallRow{PickleCall::kDictionary, 0, 1, dictionary},
    CallRow{PickleCall::kDefaultDict, 0, 1, default_dictionary},
    CallRow{PickleCall::kCounter, 0, 1, counter},
    CallRow{PickleCall::kSequence, 0, 1, sequence},
    CallRow{PickleCall::kFirst, 1, 2, first},
    CallRow{PickleCall::kDevice, 1, 2, device},
    CallRow{PickleCall::kPath, 0, kAny, path},
    CallRow{PickleCall::kComplex, 2, 2, complex_number},
    CallRow{PickleCall::kEncode, 2, 2, encode},
    CallRow{PickleCall::kBytes, 0, 0, no_bytes},
    CallRow{PickleCall::kNamespace, 0, 0, space},
    CallRow{PickleCall::kNumpyType, 1, 3, numpy_type},
    CallRow{PickleCall::kNumpyScalar, 2, 2, numpy_scalar},
    CallRow{PickleCall::kNumpyArray, 3, 4, numpy_array},
};

}  // namespace

std::string qualified_name(const PickleGlobal& global) {
  return format("{}.{}", global.module, global.name);
}

Result<PickleValue> call_pickle_global(PickleBuilder& builder, const PickleGlobal& global,
                                       std::span<const PickleValue> arguments) {
  for (const CallRow& row : kCalls) {
    if (row.call != global.call) {
      continue;
    }
    if (arguments.size() < row.least || arguments.size() > row.most) {
      return problem("{}: expected {} to {} arguments, found {}", qualified_name(global), row.least,
                     row.most, arguments.size());
    }
    return row.run(builder, arguments);
  }
  return problem("{}: may be named but not called", qualified_name(global));
}

Result<PickleValue> new_pickle_object(PickleBuilder& builder, const PickleGlobal& type) {
  if (type.call != PickleCall::kNamespace && type.call != PickleCall::kScriptClass) {
    return problem("{}: expected a class of plain attributes", qualified_name(type));
  }
  return builder.container(kObject, {}, &type);
}

Result<void> build_pickle_object(PickleBuilder& builder, const PickleValue& object,
                                 const PickleValue& state) {
  if (object.is(kDict) && state.is(kDict)) {
    return {};  // attributes of an OrderedDict: torch's version numbers of modules
  }
  if (!object.is(kObject)) {
    return problem("BUILD: expected an object that takes state");
  }
  PickleContainer& target = builder.document.containers[object.size];
  switch (target.type->call) {
    case PickleCall::kNumpyArray:
      return {};  // recognised, not read
    case PickleCall::kNumpyType: {
      const auto parts = state.is(kTuple) ? builder.document.items(state) : Arguments();
      if (parts.size() < 2 || !parts[1].is(kString)) {
        return problem("numpy.dtype: expected a byte order in its state");
      }
      target.items[1] = parts[1];
      return {};
    }
    default:
      if (!state.is(kDict)) {
        return problem("{}: expected a dictionary as its state", qualified_name(*target.type));
      }
      // A copy: `state` can be shared, and be the object itself in a hostile file.
      const std::vector<PickleValue> items = builder.document.containers[state.size].items;
      for (const PickleValue& item : items) {
        SEXTANT_TRY_VOID(builder.append(target.items, item));
      }
      return {};
  }
}

Result<PickleValue> load_pickle_storage(PickleBuilder& builder, const PickleValue& id) {
  const auto items = id.is(kTuple) ? builder.document.items(id) : Arguments();
  const bool shaped = (items.size() == 5 || items.size() == 6) && items[0].is(kString) &&
                      items[0].as_text() == "storage" && items[1].is(kGlobal) &&
                      items[2].is(kString) && items[3].is(kString) && items[4].is(kInt) &&
                      (items.size() == 5 || items[5].is(kNone));
  if (!shaped) {
    return problem("persistent id: expected ('storage', type, key, location, elements)");
  }
  const PickleGlobal& type = *items[1].global;
  if (type.call != PickleCall::kStorageType && type.call != PickleCall::kUntypedStorage) {
    return problem("storage \"{}\": expected a storage type, found {}",
                   printable(items[2].as_text()), qualified_name(type));
  }
  const int64_t elements = items[4].integer;
  const auto bytes = checked_mul(
      elements, type.call == PickleCall::kUntypedStorage ? int64_t{1} : type.item_bytes);
  if (elements < 0 || !bytes) {
    return problem("storage \"{}\": expected a size that can be, found {} elements",
                   printable(items[2].as_text()), elements);
  }
  return builder.storage(
      {.key = items[2].as_text(), .type = &type, .elements = elements, .bytes = *bytes});
}

Result<PickleValue> PickleBuilder::storage(const PickleStorage& wanted) {
  const auto found = storage_of_key_.find(wanted.key);
  if (found != storage_of_key_.end()) {
    const PickleStorage& known = document.storages[found->second];
    if (known.type != wanted.type || known.elements != wanted.elements) {
      return problem("storage \"{}\": expected {} elements of {} as before, found {} of {}",
                     printable(wanted.key), known.elements, qualified_name(*known.type),
                     wanted.elements, qualified_name(*wanted.type));
    }
    return PickleValue::of_index(kStorage, found->second);
  }
  constexpr size_t kMapNode = 64;
  SEXTANT_TRY_VOID(charge(3 * sizeof(PickleStorage) + kMapNode));
  const auto index = static_cast<uint32_t>(document.storages.size());
  document.storages.push_back(wanted);
  storage_of_key_.emplace(wanted.key, index);
  return PickleValue::of_index(kStorage, index);
}

Result<PickleValue> PickleBuilder::tensor(PickleTensor tensor) {
  const size_t heap = 2 * (tensor.shape.capacity() * sizeof(int64_t) + kHeapBlock);
  SEXTANT_TRY_VOID(charge(3 * sizeof(PickleTensor) + heap));
  const auto index = static_cast<uint32_t>(document.tensors.size());
  document.tensors.push_back(std::move(tensor));
  return PickleValue::of_index(kTensor, index);
}

}  // namespace sextant::io
