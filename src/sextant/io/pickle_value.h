// What running a pickle gives: plain data, never a Python object. Private to the pickle reader.
//
// A value is 16 bytes. Numbers are in it, text is a view (of the pickle, or of text the document
// owns), containers and tensors are indices into the document. Containers may be shared and may
// even contain themselves, so whoever walks them needs limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/tensor_view.h"

namespace sextant::io {

struct PickleGlobal;

enum class PickleKind : uint8_t {
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,  // UTF-8
  kBytes,   // anything, including integers of more than 64 bits
  kGlobal,  // a name of the table (pickle_globals.h)
  kTuple,
  kList,    // sets too
  kDict,    // items: key, value, key, value
  kObject,  // an instance of a global: items as kDict
  kStorage,
  kTensor,
};

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  uint32_t size = 0;  // text: its bytes; containers, storages, tensors: the index
  union {
    int64_t integer = 0;  // also kBool
    double real;
    const char* text;
    const PickleGlobal* global;
  };

  static PickleValue of_index(PickleKind kind, size_t index) {
    PickleValue value;
    value.kind = kind;
    value.size = static_cast<uint32_t>(index);
    return value;
  }
  static PickleValue of_text(PickleKind kind, std::string_view text) {
    PickleValue value = of_index(kind, text.size());
    value.text = text.data();
    return value;
  }
  static PickleValue of_integer(PickleKind kind, int64_t integer) {
    PickleValue value = of_index(kind, 0);
    value.integer = integer;
    return value;
  }
  static PickleValue of_real(double real) {
    PickleValue value = of_index(PickleKind::kFloat, 0);
    value.real = real;
    return value;
  }
  static PickleValue of_global(const PickleGlobal* global) {
    PickleValue value = of_index(PickleKind::kGlobal, 0);
    value.global = global;
    return value;
  }

  bool is(PickleKind wanted) const { return kind == wanted; }
  std::string_view as_text() const { return {text, size}; }
};
static_assert(sizeof(PickleValue) == 16);

struct PickleContainer {
  std::vector<PickleValue> items;
  const PickleGlobal* type = nullptr;  // of a kObject
};

// A block of numbers that lies outside the pickle; tensors are windows onto it.
struct PickleStorage {
  std::string_view key;  // names the record that holds it
  const PickleGlobal* type = nullptr;
  int64_t elements = 0;
  int64_t bytes = 0;
};

struct PickleTensor {
  uint32_t storage = 0;
  std::optional<DType> dtype;  // nothing for types this library does not have
  std::string_view type_name;  // "complex64"
  int64_t item_bytes = 0;
  int64_t offset = 0;  // in elements, from the begin of the storage
  Shape shape = {};
  std::vector<int64_t> strides = {};  // in elements, one for each extent
  int64_t span_bytes = 0;  // from its first to behind its last element; 0 where it is empty
};

struct PickleDocument {
  PickleValue root;
  size_t consumed = 0;  // bytes of the pickle, STOP included
  std::deque<PickleContainer> containers;
  std::vector<PickleStorage> storages;
  std::vector<PickleTensor> tensors;
  std::deque<std::string> texts;  // what had to be decoded

  std::span<const PickleValue> items(const PickleValue& container) const {
    return containers[container.size].items;
  }
};

}  // namespace sextant::io
