// GGUF files, versions 2 and 3, little-endian: tensors and typed metadata of a language model.
//
// Opening checks the whole header: every count and length against the bytes that are there, every
// name for being unique, every tensor for lying inside the file and beside the others. Nothing is
// copied but names; strings and tensors are looked at in place. A GGUF tensor with ne = [576, 1536]
// (innermost first) has the shape [1536, 576] here.
//
//   SEXTANT_TRY(auto file, io::open_gguf("model.gguf"));
//   SEXTANT_TRY(const uint32_t layers, file->get_u32("llama.block_count"));
//   SEXTANT_TRY(const float base, file->get_f32("llama.rope.freq_base", 10000.0f));
//   SEXTANT_TRY(TensorView q, file->view("blk.0.attn_q.weight"));
//
// Immutable and thread-safe. Errors: those of MappedFile; kDataLoss (breaks the format),
// kOutOfRange (a limit of ours), kUnsupported (version 1, big-endian, an element type that is not
// in DType).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/io/mapped_file.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

enum class GgufType : uint32_t;

class GgufFile : public TensorSource {
 public:
  std::string_view format() const override { return "gguf"; }
  std::span<const TensorInfo> tensors() const override { return tensors_; }
  // Strings as the file has them (any bytes), arrays as "[3] 1, 2, 3" with the first few elements.
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }

  bool has(std::string_view key) const { return values_.find(key) != values_.end(); }

  // Scalars. Integers may be stored in any integer type that holds the value, floats in either
  // width. An absent key is kNotFound, or gives `fallback`; another type or a value out of range
  // is kDataLoss, with or without a fallback.
  Result<bool> get_bool(std::string_view key, std::optional<bool> fallback = {}) const;
  Result<uint32_t> get_u32(std::string_view key, std::optional<uint32_t> fallback = {}) const;
  Result<uint64_t> get_u64(std::string_view key, std::optional<uint64_t> fallback = {}) const;
  Result<int64_t> get_i64(std::string_view key, std::optional<int64_t> fallback = {}) const;
  Result<float> get_f32(std::string_view key, std::optional<float> fallback = {}) const;
  Result<std::string> get_string(std::string_view key,
                                 std::optional<std::string> fallback = {}) const;

  // Arrays, made anew on each call. The same rules for elements; an absent key is kNotFound.
  // Strings point into the file and live as long as it.
  Result<std::vector<std::string_view>> get_string_array(std::string_view key) const;
  Result<std::vector<int32_t>> get_i32_array(std::string_view key) const;
  Result<std::vector<uint8_t>> get_u8_array(std::string_view key) const;
  Result<std::vector<float>> get_f32_array(std::string_view key) const;

 protected:
  TensorView view_at(size_t index) const override;

 private:
  friend class GgufParser;
  friend Result<std::unique_ptr<GgufFile>> open_gguf(const std::filesystem::path&, LoadMode);
  friend Result<std::unique_ptr<GgufFile>> parse_gguf(std::span<const std::byte>, std::string);

  // Where a value lies. Lengths inside are checked again at each use: a mapped file may change.
  struct Value {
    GgufType type;
    GgufType element;  // of an array; else as type
    uint64_t count;    // of an array; else 1
    size_t offset;     // of the first byte of the value or of the first element
  };

  Result<const Value*> find_value(std::string_view key) const;
  template <class T>
  Result<T> number(std::string_view key, std::optional<T> fallback) const;
  template <class T>
  Result<std::vector<T>> numbers(std::string_view key) const;
  Failure mismatch(std::string_view key, std::string_view expected, const Value& value) const;

  std::optional<MappedFile> file_;
  std::span<const std::byte> bytes_;
  std::string name_;  // for messages
  std::map<std::string, Value, std::less<>> values_;
  std::map<std::string, std::string> metadata_;
  std::vector<TensorInfo> tensors_;
};

Result<std::unique_ptr<GgufFile>> open_gguf(const std::filesystem::path& path,
                                            LoadMode mode = LoadMode::kMap);

// The same from memory. `bytes` must outlive the file; `name` stands in messages.
Result<std::unique_ptr<GgufFile>> parse_gguf(std::span<const std::byte> bytes, std::string name);

}  // namespace sextant::io
