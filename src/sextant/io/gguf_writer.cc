#include "sextant/io/gguf_writer.h"

#include <algorithm>
#include <set>
#include <type_traits>

#include "sextant/io/atomic_file.h"
#include "sextant/io/gguf_types.h"

namespace sextant::io {
namespace {

// What llama.cpp accepts in a tensor name (it keeps 64 bytes with the final zero).
constexpr size_t kMaxTensorName = 63;
constexpr size_t kMaxKey = 1024;  // what the reader accepts

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

void append_text(std::string& out, std::string_view text) {
  append<uint64_t>(out, text.size());
  out += text;
}

template <class T>
constexpr GgufType kTypeOf = GgufType::kString;
template <>
constexpr GgufType kTypeOf<bool> = GgufType::kBool;
template <>
constexpr GgufType kTypeOf<uint8_t> = GgufType::kU8;
template <>
constexpr GgufType kTypeOf<uint32_t> = GgufType::kU32;
template <>
constexpr GgufType kTypeOf<int32_t> = GgufType::kI32;
template <>
constexpr GgufType kTypeOf<uint64_t> = GgufType::kU64;
template <>
constexpr GgufType kTypeOf<int64_t> = GgufType::kI64;
template <>
constexpr GgufType kTypeOf<float> = GgufType::kF32;

template <class T>
void append_value(std::string& out, const T& value) {
  append(out, kTypeOf<T>);
  append(out, value);
}

void append_value(std::string& out, const std::string& value) {
  append(out, GgufType::kString);
  append_text(out, value);
}

template <class T>
void append_value(std::string& out, const std::vector<T>& values) {
  append(out, GgufType::kArray);
  append(out, kTypeOf<T>);
  append<uint64_t>(out, values.size());
  for (const T& value : values) {
    if constexpr (std::is_same_v<T, std::string>) {
      append_text(out, value);
    } else {
      append(out, value);
    }
  }
}

uint64_t padded(uint64_t bytes) {
  return (bytes + kGgufDefaultAlignment - 1) / kGgufDefaultAlignment * kGgufDefaultAlignment;
}

Result<void> check_name(std::string_view kind, std::string_view name, size_t limit,
                        std::set<std::string_view>& seen) {
  const bool printable =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (name.size() > limit || !printable) {
    return fail(ErrorCode::kInvalidArgument,
                "[io/gguf] {} \"{}\": expected at most {} printable ASCII characters, found {} "
                "bytes",
                kind, name, limit, name.size());
  }
  if (!seen.insert(name).second) {
    return fail(ErrorCode::kInvalidArgument,
                "[io/gguf] {} \"{}\": expected each name once, found it twice", kind, name);
  }
  return {};
}

}  // namespace

void GgufWriter::add(std::string key, GgufValue value) {
  values_.emplace_back(std::move(key), std::move(value));
}

void GgufWriter::add_tensor(std::string name, TensorView view) {
  SEXTANT_CHECK(view.contiguous(), "tensor \"{}\" is strided", name);
  tensors_.emplace_back(std::move(name), std::move(view));
}

Result<void> GgufWriter::check() const {
  std::set<std::string_view> keys;
  for (const auto& [key, value] : values_) {
    SEXTANT_TRY_VOID(check_name("key", key, kMaxKey, keys));
  }
  std::set<std::string_view> names;
  for (const auto& [name, view] : tensors_) {
    SEXTANT_TRY_VOID(check_name("tensor", name, kMaxTensorName, names));
    if (!dtype_to_ggml_type(view.dtype) || view.shape.size() > kGgufMaxRank) {
      return fail(ErrorCode::kUnsupported,
                  "[io/gguf] tensor \"{}\": expected an element type of GGUF and at most {} "
                  "dimensions, found {} {}",
                  name, kGgufMaxRank, to_string(view.dtype), sextant::to_string(view.shape));
    }
  }
  return {};
}

Result<void> GgufWriter::write(const std::filesystem::path& path) const {
  SEXTANT_TRY_VOID(check());
  std::string header(kGgufMagic);
  append<uint32_t>(header, 3);
  append<uint64_t>(header, tensors_.size());
  append<uint64_t>(header, values_.size());
  for (const auto& [key, value] : values_) {
    append_text(header, key);
    std::visit([&](const auto& held) { append_value(header, held); }, value);
  }
  uint64_t offset = 0;
  for (const auto& [name, view] : tensors_) {
    append_text(header, name);
    append(header, static_cast<uint32_t>(view.shape.size()));
    std::for_each(view.shape.rbegin(), view.shape.rend(),
                  [&](int64_t extent) { append(header, extent); });
    append(header, *dtype_to_ggml_type(view.dtype));
    append(header, offset);
    offset += padded(view.bytes().size());
  }
  header.resize(padded(header.size()));

  SEXTANT_TRY(AtomicFile file, AtomicFile::create(path));
  SEXTANT_TRY_VOID(file.write(header));
  const std::string zeros(kGgufDefaultAlignment, '\0');
  for (const auto& [name, view] : tensors_) {
    const auto bytes = view.bytes();
    SEXTANT_TRY_VOID(file.write(bytes));
    SEXTANT_TRY_VOID(file.write(zeros.substr(0, padded(bytes.size()) - bytes.size())));
  }
  return file.commit();
}

}  // namespace sextant::io
