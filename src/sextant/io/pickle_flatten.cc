#include "sextant/io/pickle_flatten.h"

#include <algorithm>
#include <limits>

#include "sextant/io/pickle_calls.h"
#include "sextant/io/pickle_globals.h"
#include "sextant/io/plain_name.h"

namespace sextant::io {
namespace {

using enum PickleKind;

constexpr int kMaxDepth = 64;
constexpr size_t kMaxMetadata = 4096;
constexpr size_t kMaxText = 256;       // bytes of one metadata value
constexpr size_t kMaxPathPart = 1100;  // more cannot be part of a valid name
// Sharing lets a small pickle describe a huge tree; each step below is one item looked at.
constexpr uint64_t kBaseSteps = 50'000;
constexpr uint64_t kStepsPerByte = 4;
// What a TensorInfo with its strings and places takes, roughly, names apart.
constexpr uint64_t kBytesPerTensor = 600;

bool is_scalar(const PickleValue& value) { return value.kind <= kGlobal || value.is(kStorage); }

// At most kMaxText bytes, cut where a character begins.
std::string shortened(std::string_view text) {
  if (text.size() <= kMaxText) {
    return std::string(text);
  }
  size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end)) + "...";
}

class Flattener {
 public:
  Flattener(const PickleDocument& document, std::string_view where, uint64_t memory)
      : document_(document),
        where_(where),
        memory_(memory),
        steps_(kBaseSteps + kStepsPerByte * uint64_t{document.consumed}) {}

  Result<PickleContents> run() {
    SEXTANT_TRY_VOID(visit(document_.root, 0));
    if (unlisted_ > 0) {
      out_.metadata["..."] = format("{} more values", unlisted_);
    }
    SEXTANT_TRY_VOID(check_names());
    return std::move(out_);
  }

 private:
  Failure out_of_range(std::string_view what) const {
    return fail(ErrorCode::kOutOfRange, "[io/pickle] {}: {} at \"{}\"", where_, what,
                printable(path_));
  }

  Result<void> step(uint64_t count) {
    if (count > steps_) {
      return out_of_range("expected a tree of values, found one that repeats itself too often");
    }
    steps_ -= count;
    return {};
  }

  Result<void> visit(const PickleValue& value, int depth) {
    if (depth > kMaxDepth) {
      return out_of_range(format("expected at most {} containers in each other", kMaxDepth));
    }
    switch (value.kind) {
      case kTensor:
        return add_tensor(value.size);
      case kDict:
        return visit_pairs(document_.items(value), depth);
      case kObject:
        return visit_object(document_.containers[value.size], depth);
      case kList:
      case kTuple:
        return visit_sequence(value, depth);
      default:
        add_metadata(scalar_text(value));
        return {};
    }
  }

  Result<void> visit_object(const PickleContainer& object, int depth) {
    switch (object.type->call) {
      case PickleCall::kNumpyType:
        add_metadata("numpy.dtype " + scalar_text(object.items[0]));
        return {};
      case PickleCall::kNumpyArray:
        add_metadata("not read: an array of numpy inside the pickle");
        return {};
      default:
        return visit_pairs(object.items, depth);
    }
  }

  Result<void> visit_pairs(std::span<const PickleValue> items, int depth) {
    SEXTANT_TRY_VOID(step(items.size() / 2 + 1));
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      SEXTANT_TRY_VOID(visit_child(scalar_text(items[i], kMaxPathPart), items[i + 1], depth));
    }
    return {};
  }

  Result<void> visit_sequence(const PickleValue& value, int depth) {
    const auto items = document_.items(value);
    SEXTANT_TRY_VOID(step(items.size() + 1));
    if (std::all_of(items.begin(), items.end(), is_scalar)) {
      add_metadata(sequence_text(items));
      return {};
    }
    for (size_t i = 0; i < items.size(); ++i) {
      SEXTANT_TRY_VOID(visit_child(std::to_string(i), items[i], depth));
    }
    return {};
  }

  Result<void> visit_child(std::string_view key, const PickleValue& value, int depth) {
    const size_t length = path_.size();
    if (!path_.empty()) {
      path_ += '.';
    }
    path_ += key;
    SEXTANT_TRY_VOID(visit(value, depth + 1));
    path_.resize(length);
    return {};
  }

  Result<void> add_tensor(uint32_t index) {
    const std::string name = path_.empty() ? "tensor" : path_;
    const PickleTensor& tensor = document_.tensors[index];
    if (!tensor.dtype) {
      add_metadata(
          format("not read: {} elements, shape {}", tensor.type_name, to_string(tensor.shape)));
      return {};
    }
    if (!is_plain_name(name)) {
      return fail(
          ErrorCode::kDataLoss,
          "[io/pickle] {}: expected tensor names of 1 to 1024 printable bytes, found \"{}\"",
          where_, printable(name));
    }
    const uint64_t bytes = kBytesPerTensor + 3 * name.size();
    if (bytes > memory_) {
      return out_of_range("expected fewer tensors");
    }
    memory_ -= bytes;
    out_.tensors.push_back({name, index});
    return {};
  }

  void add_metadata(std::string text) {
    const std::string key = path_.empty() ? "value" : path_;
    if (out_.metadata.size() >= kMaxMetadata || !is_plain_name(key) ||
        !out_.metadata.emplace(key, std::move(text)).second) {
      ++unlisted_;
    }
  }

  // As Python prints it, without quotes, at most `limit` bytes.
  std::string scalar_text(const PickleValue& value, size_t limit = kMaxText) const {
    switch (value.kind) {
      case kNone:
        return "None";
      case kBool:
        return value.integer != 0 ? "True" : "False";
      case kInt:
        return std::to_string(value.integer);
      case kFloat:
        return format("{}", value.real);
      case kString:
        return limit == kMaxText ? shortened(value.as_text())
                                 : std::string(value.as_text().substr(0, limit));
      case kBytes:
        return format("({} bytes)", value.size);
      case kGlobal:
        return qualified_name(*value.global);
      case kStorage:
        return format("(storage of {} elements)", document_.storages[value.size].elements);
      case kTuple:
        return key_text(document_.items(value));
      default:
        return "?";
    }
  }

  // A tuple as a key: "(1, 2)"; nested ones are not spelled out.
  std::string key_text(std::span<const PickleValue> items) const {
    constexpr size_t kMaxItems = 8;
    std::string text = "(";
    for (size_t i = 0; i < std::min(items.size(), kMaxItems); ++i) {
      text += (i == 0 ? "" : ", ");
      text += is_scalar(items[i]) ? scalar_text(items[i]) : "?";
    }
    return text + (items.size() > kMaxItems ? ", ...)" : ")");
  }

  // "[1, 2, 3]", long ones with their number of elements.
  std::string sequence_text(std::span<const PickleValue> items) const {
    std::string text = "[";
    for (size_t i = 0; i < items.size(); ++i) {
      const std::string item = scalar_text(items[i]);
      if (text.size() + item.size() > kMaxText) {
        return text + format("{}...] ({} elements)", i == 0 ? "" : ", ", items.size());
      }
      text += (i == 0 ? "" : ", ") + item;
    }
    return text + "]";
  }

  Result<void> check_names() const {
    std::vector<std::string_view> names;
    names.reserve(out_.tensors.size());
    for (const auto& entry : out_.tensors) {
      names.push_back(entry.name);
    }
    std::sort(names.begin(), names.end());
    const auto twin = std::adjacent_find(names.begin(), names.end());
    if (twin != names.end()) {
      return fail(ErrorCode::kDataLoss,
                  "[io/pickle] {}: expected each tensor name once, found \"{}\" twice", where_,
                  printable(*twin));
    }
    return {};
  }

  const PickleDocument& document_;
  std::string_view where_;
  uint64_t memory_;
  uint64_t steps_;
  uint64_t unlisted_ = 0;
  std::string path_;
  PickleContents out_;
};

}  // namespace

Result<PickleContents> flatten_pickle(const PickleDocument& document, std::string_view where,
                                      uint64_t memory) {
  return Flattener(document, where, memory).run();
}

}  // namespace sextant::io
