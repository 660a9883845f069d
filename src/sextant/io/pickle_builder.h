// Grows a PickleDocument within a memory budget. Private to the pickle reader.
//
// Errors carry the bare problem; the machine that runs the pickle adds where it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/io/pickle_value.h"

namespace sextant::io {

class PickleBuilder {
 public:
  explicit PickleBuilder(uint64_t budget) : budget_(budget), left_(budget) {}

  PickleDocument document;

  // Books memory before it is taken; it is never given back.
  Result<void> charge(uint64_t bytes) {
    if (bytes > left_) {
      return fail(ErrorCode::kOutOfRange, "expected at most {} bytes of values, found more",
                  budget_);
    }
    left_ -= bytes;
    return {};
  }

  // Appends, and books where the vector has to grow.
  Result<void> append(std::vector<PickleValue>& to, PickleValue value) {
    if (to.size() == to.capacity()) {
      const size_t capacity = std::max<size_t>(2 * to.capacity(), 4);
      SEXTANT_TRY_VOID(charge(capacity * sizeof(PickleValue) + kHeapBlock));
      to.reserve(capacity);
    }
    to.push_back(value);
    return {};
  }

  Result<PickleValue> container(PickleKind kind, std::vector<PickleValue> items = {},
                                const PickleGlobal* type = nullptr) {
    SEXTANT_TRY_VOID(
        charge(sizeof(PickleContainer) + kHeapBlock + items.capacity() * sizeof(PickleValue)));
    const auto value = PickleValue::of_index(kind, document.containers.size());
    document.containers.push_back({std::move(items), type});
    return value;
  }

  // Text that is not in the pickle as it stands.
  Result<PickleValue> text(PickleKind kind, std::string text) {
    SEXTANT_TRY_VOID(charge(sizeof(std::string) + kHeapBlock + text.capacity()));
    const std::string& kept = document.texts.emplace_back(std::move(text));
    return PickleValue::of_text(kind, kept);
  }

  // The storage of that key, which every mention must describe alike.
  Result<PickleValue> storage(const PickleStorage& wanted);
  Result<PickleValue> tensor(PickleTensor tensor);

 private:
  static constexpr size_t kHeapBlock = 16;  // what the allocator adds to a block

  uint64_t budget_;
  uint64_t left_;
  std::map<std::string_view, uint32_t> storage_of_key_;
};

}  // namespace sextant::io
