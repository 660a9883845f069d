#include "sextant/io/gguf.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>
#include <utility>

#include "sextant/base/checked.h"
#include "sextant/io/gguf_cursor.h"
#include "sextant/io/gguf_types.h"

namespace sextant::io {
namespace {

// Ours: the largest models have some thousand tensors and below 100 keys.
constexpr uint64_t kMaxTensors = 200'000;
constexpr uint64_t kMaxKeys = 65'536;
constexpr uint64_t kMaxNameBytes = 1024;
constexpr uint64_t kMaxAlignment = uint64_t{1} << 20;
// The least a key (length, empty name, type, one byte) and a tensor entry (length, empty name,
// rank, type, offset) take.
constexpr size_t kMinKeyBytes = 8 + 4 + 1;
constexpr size_t kMinTensorBytes = 8 + 4 + 4 + 8;

// Calls `visit` with the number at `at`; false for strings, arrays and bools.
template <class Visit>
bool visit_number(GgufType type, const std::byte* at, Visit visit) {
  const auto load = [&]<class T>(T value) {
    std::memcpy(&value, at, sizeof(T));
    visit(value);
    return true;
  };
  switch (type) {
    case GgufType::kU8:
      return load(uint8_t{});
    case GgufType::kI8:
      return load(int8_t{});
    case GgufType::kU16:
      return load(uint16_t{});
    case GgufType::kI16:
      return load(int16_t{});
    case GgufType::kU32:
      return load(uint32_t{});
    case GgufType::kI32:
      return load(int32_t{});
    case GgufType::kU64:
      return load(uint64_t{});
    case GgufType::kI64:
      return load(int64_t{});
    case GgufType::kF32:
      return load(float{});
    case GgufType::kF64:
      return load(double{});
    default:
      return false;
  }
}

template <class T>
std::string number_text(T value) {
  char text[32];  // longest: a double with sign and exponent, 24 characters
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

// True where values of this type can become a T (if they are in range).
template <class T>
bool convertible(GgufType type) {
  const bool is_float = type == GgufType::kF32 || type == GgufType::kF64;
  const bool is_number =
      type != GgufType::kBool && type != GgufType::kString && type != GgufType::kArray;
  return is_number && is_float == std::is_floating_point_v<T>;
}

// The number at `at`, of a convertible type, as a T, or nothing where T does not hold it.
template <class T>
std::optional<T> convert(GgufType type, const std::byte* at) {
  std::optional<T> out;
  visit_number(type, at, [&](auto value) {
    if constexpr (std::is_floating_point_v<T> || std::is_floating_point_v<decltype(value)>) {
      out = static_cast<T>(value);
    } else if (std::in_range<T>(value)) {
      out = static_cast<T>(value);
    }
  });
  return out;
}

template <class T>
constexpr std::string_view kTypeName = "";
template <>
constexpr std::string_view kTypeName<uint8_t> = "u8";
template <>
constexpr std::string_view kTypeName<int32_t> = "i32";
template <>
constexpr std::string_view kTypeName<uint32_t> = "u32";
template <>
constexpr std::string_view kTypeName<int64_t> = "i64";
template <>
constexpr std::string_view kTypeName<uint64_t> = "u64";
template <>
constexpr std::string_view kTypeName<float> = "f32";

bool printable(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// For messages: names may have a thousand characters.
std::string quoted(std::string_view kind, std::string_view name) {
  return format("{} \"{}{}\"", kind, name.substr(0, 100), name.size() > 100 ? "..." : "");
}

// At most 40 bytes, cut before a character of UTF-8.
std::string_view shortened(std::string_view text) {
  size_t end = std::min<size_t>(text.size(), 40);
  while (end > 0 && end < text.size() && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

// The value at the cursor for people: strings whole, arrays shortened. The value was checked.
Result<std::string> describe(GgufCursor& cursor, GgufType type) {
  if (type == GgufType::kString) {
    return cursor.string("value").map([](std::string_view text) { return std::string(text); });
  }
  if (type == GgufType::kBool) {
    return cursor.number<uint8_t>("value").map(
        [](uint8_t value) { return std::string(value != 0 ? "true" : "false"); });
  }
  if (type == GgufType::kArray) {
    SEXTANT_TRY(const auto head, cursor.array_head("value"));
    std::string text = format("[{}]", head.count);
    constexpr uint64_t kShown = 8;
    for (uint64_t i = 0; i < std::min(head.count, kShown); ++i) {
      GgufCursor inner = cursor;  // describe may stop inside a nested array
      SEXTANT_TRY(const std::string element, describe(inner, head.element));
      SEXTANT_TRY_VOID(cursor.skip(head.element, "value"));
      text.append(i == 0 ? " " : ", ").append(shortened(element));
    }
    return text + (head.count > kShown ? ", ..." : "");
  }
  std::byte bytes[8] = {};
  for (size_t i = 0; i < min_bytes(type); ++i) {
    SEXTANT_TRY(bytes[i], cursor.number<std::byte>("value"));
  }
  std::string text;
  visit_number(type, bytes, [&](auto value) { text = number_text(value); });
  return text;
}

}  // namespace

// Fills a GgufFile from its bytes.
class GgufParser {
 public:
  explicit GgufParser(GgufFile& out) : out_(out), cursor_(out.bytes_, 0, out.name_) {}

  Result<void> parse() {
    SEXTANT_TRY_VOID(read_start());
    for (uint64_t i = 0; i < key_count_; ++i) {
      SEXTANT_TRY_VOID(read_key());
    }
    SEXTANT_TRY_VOID(read_alignment());
    std::vector<TensorInfo>& tensors = out_.tensors_;
    tensors.reserve(tensor_count_);
    for (uint64_t i = 0; i < tensor_count_; ++i) {
      SEXTANT_TRY(TensorInfo info, read_tensor());
      tensors.push_back(std::move(info));
    }
    SEXTANT_TRY_VOID(check_names());
    SEXTANT_TRY_VOID(place_tensors());
    return check_overlap();
  }

 private:
  // Magic, version, counts.
  Result<void> read_start() {
    SEXTANT_TRY(const auto magic, cursor_.number<uint32_t>("magic"));
    if (std::memcmp(&magic, kGgufMagic.data(), 4) != 0) {
      return cursor_.error(ErrorCode::kDataLoss, "magic",
                           format("expected \"GGUF\", file begins with {:#010x}", magic));
    }
    SEXTANT_TRY(const auto version, cursor_.number<uint32_t>("version"));
    if (version != 0 && (version & 0xffff) == 0) {
      return cursor_.error(ErrorCode::kUnsupported, "byte order",
                           "expected a little-endian file, this one is big-endian");
    }
    if (version != 2 && version != 3) {
      return cursor_.error(ErrorCode::kUnsupported, "version",
                           format("expected 2 or 3, file has {}", version));
    }
    SEXTANT_TRY(tensor_count_, read_count("tensor count", kMaxTensors, kMinTensorBytes));
    SEXTANT_TRY(key_count_, read_count("metadata key count", kMaxKeys, kMinKeyBytes));
    return {};
  }

  Result<uint64_t> read_count(std::string_view what, uint64_t limit, size_t entry_bytes) {
    SEXTANT_TRY(const auto count, cursor_.number<uint64_t>(what));
    if (count > cursor_.remaining() / entry_bytes) {
      return cursor_.error(
          ErrorCode::kDataLoss, what,
          format("expected {} entries of at least {} bytes, file has {} more bytes", count,
                 entry_bytes, cursor_.remaining()));
    }
    if (count > limit) {
      return cursor_.error(ErrorCode::kOutOfRange, what,
                           format("expected at most {}, file has {}", limit, count));
    }
    return count;
  }

  Result<std::string> read_name(std::string_view what) {
    SEXTANT_TRY(const std::string_view name, cursor_.string(what, kMaxNameBytes));
    if (!printable(name)) {
      return cursor_.error(ErrorCode::kDataLoss, what,
                           "expected printable ASCII characters, file has others");
    }
    return std::string(name);
  }

  Result<void> read_key() {
    SEXTANT_TRY(std::string key, read_name("metadata key"));
    const std::string what = quoted("key", key);
    SEXTANT_TRY(const GgufType type, cursor_.type(what));
    GgufFile::Value value{type, type, 1, cursor_.offset()};
    GgufCursor preview = cursor_;
    if (type == GgufType::kArray) {
      SEXTANT_TRY(const auto head, cursor_.array_head(what));
      value = {type, head.element, head.count, cursor_.offset()};
      SEXTANT_TRY_VOID(cursor_.skip_elements(head, what, 1));
    } else {
      SEXTANT_TRY_VOID(cursor_.skip(type, what));
    }
    if (!out_.values_.emplace(key, value).second) {
      return cursor_.error(ErrorCode::kDataLoss, what, "expected each key once, file has it twice");
    }
    SEXTANT_TRY(std::string text, describe(preview, type));
    out_.metadata_.emplace(std::move(key), std::move(text));
    return {};
  }

  Result<void> read_alignment() {
    SEXTANT_TRY(const uint64_t alignment, out_.get_u64("general.alignment", kGgufDefaultAlignment));
    // The format asks for a multiple of 8; a power of two is what all writers use.
    if (alignment < 8 || alignment > kMaxAlignment || (alignment & (alignment - 1)) != 0) {
      return fail(ErrorCode::kDataLoss,
                  "[io/gguf] key \"general.alignment\": expected a power of two from 8 to {}, file "
                  "has {} ({})",
                  kMaxAlignment, alignment, out_.name_);
    }
    alignment_ = alignment;
    return {};
  }

  Result<TensorInfo> read_tensor() {
    SEXTANT_TRY(std::string name, read_name("tensor name"));
    const std::string what = quoted("tensor", name);
    SEXTANT_TRY(Shape shape, read_shape(what));
    SEXTANT_TRY(const auto code, cursor_.number<uint32_t>(what));
    const auto dtype = ggml_type_to_dtype(code);
    if (!dtype) {
      return cursor_.error(
          ErrorCode::kUnsupported, what,
          format("expected an element type that is read here, file has {} ({})", code,
                 ggml_type_name(code).empty() ? "no known type" : ggml_type_name(code)));
    }
    SEXTANT_TRY(const auto offset, cursor_.number<uint64_t>(what));
    if (offset % alignment_ != 0) {
      return cursor_.error(
          ErrorCode::kDataLoss, what,
          format("expected an offset that is a multiple of {}, file has {}", alignment_, offset));
    }
    const auto bytes = byte_count(*dtype, shape);
    if (!bytes) {
      return with_context(bytes.error(), format("{} of {}", what, out_.name_));
    }
    return TensorInfo{std::move(name), *dtype, std::move(shape), *bytes, out_.name_, offset};
  }

  // Outermost extent first; the file has the innermost first.
  Result<Shape> read_shape(const std::string& what) {
    SEXTANT_TRY(const auto rank, cursor_.number<uint32_t>(what));
    if (rank > kGgufMaxRank) {
      return cursor_.error(
          ErrorCode::kDataLoss, what,
          format("expected at most {} dimensions, file has {}", kGgufMaxRank, rank));
    }
    Shape shape(rank);
    for (size_t i = rank; i-- > 0;) {
      SEXTANT_TRY(const auto extent, cursor_.number<uint64_t>(what));
      if (!std::in_range<int64_t>(extent)) {
        return cursor_.error(ErrorCode::kDataLoss, what,
                             format("expected dimensions below 2^63, file has {}", extent));
      }
      shape[i] = static_cast<int64_t>(extent);
    }
    return shape;
  }

  Result<void> check_names() {
    std::vector<std::string_view> names;
    names.reserve(out_.tensors_.size());
    for (const TensorInfo& tensor : out_.tensors_) {
      names.push_back(tensor.name);
    }
    std::sort(names.begin(), names.end());
    const auto twin = std::adjacent_find(names.begin(), names.end());
    if (twin != names.end()) {
      return fail(ErrorCode::kDataLoss,
                  "[io/gguf] {}: expected each name once, file has it twice ({})",
                  quoted("tensor", *twin), out_.name_);
    }
    return {};
  }

  // Makes the offsets count from the start of the file; every tensor must end inside it.
  Result<void> place_tensors() {
    // The header is in memory, so rounding its end up cannot overflow.
    const uint64_t start = (uint64_t{cursor_.offset()} + alignment_ - 1) / alignment_ * alignment_;
    const uint64_t size = out_.bytes_.size();
    for (TensorInfo& tensor : out_.tensors_) {
      const auto begin = checked_add(start, tensor.offset);
      const auto end =
          begin ? checked_add(*begin, static_cast<uint64_t>(tensor.bytes)) : std::nullopt;
      if (!end || (*end > size && tensor.bytes > 0)) {
        return fail(
            ErrorCode::kDataLoss, "[io/gguf] {}: expected {} bytes at {} + {}, file has {} ({})",
            quoted("tensor", tensor.name), tensor.bytes, start, tensor.offset, size, out_.name_);
      }
      tensor.offset = tensor.bytes > 0 ? *begin : 0;  // an empty tensor may lie behind the end
    }
    return {};
  }

  Result<void> check_overlap() {
    std::vector<const TensorInfo*> order;
    order.reserve(out_.tensors_.size());
    for (const TensorInfo& tensor : out_.tensors_) {
      if (tensor.bytes > 0) {
        order.push_back(&tensor);
      }
    }
    std::sort(order.begin(), order.end(),
              [](const auto* a, const auto* b) { return a->offset < b->offset; });
    for (size_t i = 1; i < order.size(); ++i) {
      const uint64_t end = order[i - 1]->offset + static_cast<uint64_t>(order[i - 1]->bytes);
      if (order[i]->offset < end) {
        return fail(
            ErrorCode::kDataLoss,
            "[io/gguf] {}: expected to begin at byte {} or later, behind {}, file has {} ({})",
            quoted("tensor", order[i]->name), end, quoted("tensor", order[i - 1]->name),
            order[i]->offset, out_.name_);
      }
    }
    return {};
  }

  GgufFile& out_;
  GgufCursor cursor_;
  uint64_t tensor_count_ = 0;
  uint64_t key_count_ = 0;
  uint64_t alignment_ = kGgufDefaultAlignment;
};

TensorView GgufFile::view_at(size_t index) const {
  const TensorInfo& tensor = tensors_[index];
  return {bytes_.data() + tensor.offset, tensor.dtype, tensor.shape, {}};
}

Failure GgufFile::mismatch(std::string_view key, std::string_view expected,
                           const Value& value) const {
  const bool is_array = value.type == GgufType::kArray;
  return fail(ErrorCode::kDataLoss, "[io/gguf] {}: expected {}, file has {}{} ({})",
              quoted("key", key), expected, is_array ? "array of " : "", to_string(value.element),
              name_);
}

Result<const GgufFile::Value*> GgufFile::find_value(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) {
    return fail(ErrorCode::kNotFound, "[io/gguf] {}: not in the file ({})", quoted("key", key),
                name_);
  }
  return &found->second;
}

template <class T>
Result<T> GgufFile::number(std::string_view key, std::optional<T> fallback) const {
  if (fallback && !has(key)) {
    return *fallback;
  }
  SEXTANT_TRY(const Value* value, find_value(key));
  if (!convertible<T>(value->type)) {
    return mismatch(key, kTypeName<T>, *value);
  }
  const auto converted = convert<T>(value->type, bytes_.data() + value->offset);
  if (!converted) {
    return fail(ErrorCode::kDataLoss, "[io/gguf] {}: expected a value of {}, file has {} ({})",
                quoted("key", key), kTypeName<T>, metadata_.find(std::string(key))->second, name_);
  }
  return *converted;
}

template <class T>
Result<std::vector<T>> GgufFile::numbers(std::string_view key) const {
  SEXTANT_TRY(const Value* value, find_value(key));
  if (value->type != GgufType::kArray || !convertible<T>(value->element)) {
    return mismatch(key, sextant::format("array of {}", kTypeName<T>), *value);
  }
  std::vector<T> out;
  out.reserve(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    const auto converted =
        convert<T>(value->element, bytes_.data() + value->offset + i * min_bytes(value->element));
    if (!converted) {
      return fail(ErrorCode::kDataLoss,
                  "[io/gguf] {}: expected values of {}, element {} is out of range ({})",
                  quoted("key", key), kTypeName<T>, i, name_);
    }
    out.push_back(*converted);
  }
  return out;
}

Result<bool> GgufFile::get_bool(std::string_view key, std::optional<bool> fallback) const {
  if (fallback && !has(key)) {
    return *fallback;
  }
  SEXTANT_TRY(const Value* value, find_value(key));
  if (value->type != GgufType::kBool) {
    return mismatch(key, "bool", *value);
  }
  return bytes_[value->offset] != std::byte{0};
}

Result<uint32_t> GgufFile::get_u32(std::string_view key, std::optional<uint32_t> fallback) const {
  return number(key, fallback);
}

Result<uint64_t> GgufFile::get_u64(std::string_view key, std::optional<uint64_t> fallback) const {
  return number(key, fallback);
}

Result<int64_t> GgufFile::get_i64(std::string_view key, std::optional<int64_t> fallback) const {
  return number(key, fallback);
}

Result<float> GgufFile::get_f32(std::string_view key, std::optional<float> fallback) const {
  return number(key, fallback);
}

Result<std::string> GgufFile::get_string(std::string_view key,
                                         std::optional<std::string> fallback) const {
  if (fallback && !has(key)) {
    return *std::move(fallback);
  }
  SEXTANT_TRY(const Value* value, find_value(key));
  if (value->type != GgufType::kString) {
    return mismatch(key, "string", *value);
  }
  GgufCursor cursor(bytes_, value->offset, name_);
  SEXTANT_TRY(const std::string_view text, cursor.string(key));
  return std::string(text);
}

Result<std::vector<std::string_view>> GgufFile::get_string_array(std::string_view key) const {
  SEXTANT_TRY(const Value* value, find_value(key));
  if (value->type != GgufType::kArray || value->element != GgufType::kString) {
    return mismatch(key, "array of string", *value);
  }
  GgufCursor cursor(bytes_, value->offset, name_);
  std::vector<std::string_view> out;
  out.reserve(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    SEXTANT_TRY(const std::string_view text, cursor.string(key));
    out.push_back(text);
  }
  return out;
}

Result<std::vector<int32_t>> GgufFile::get_i32_array(std::string_view key) const {
  return numbers<int32_t>(key);
}

Result<std::vector<uint8_t>> GgufFile::get_u8_array(std::string_view key) const {
  return numbers<uint8_t>(key);
}

Result<std::vector<float>> GgufFile::get_f32_array(std::string_view key) const {
  return numbers<float>(key);
}

Result<std::unique_ptr<GgufFile>> open_gguf(const std::filesystem::path& path, LoadMode mode) {
  SEXTANT_TRY(MappedFile file, MappedFile::open(path, mode));
  SEXTANT_TRY(auto out, parse_gguf(file.bytes(), path.filename().string()));
  out->file_ = std::move(file);  // the bytes stay where they are
  return out;
}

Result<std::unique_ptr<GgufFile>> parse_gguf(std::span<const std::byte> bytes, std::string name) {
  auto out = std::make_unique<GgufFile>();
  out->bytes_ = bytes;
  out->name_ = std::move(name);
  SEXTANT_TRY_VOID(GgufParser(*out).parse());
  return out;
}

}  // namespace sextant::io
