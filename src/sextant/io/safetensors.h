// The safetensors format: 8 bytes of header length, a JSON header, the tensors' bytes.
//
// The reader enforces every rule of the format, so that two readers cannot see two files: keys
// once, known types, offsets that fill the data exactly without holes or overlap. Nothing is
// copied: tensors are views into the mapped file. The writer is atomic and deterministic: the same
// tensors and metadata give the same bytes.
//
// Errors: as MappedFile and AtomicFile, kDataLoss (breaks a rule), kOutOfRange (beyond a limit),
// kUnsupported (an element type that is not handled here).
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"
#include "sextant/io/mapped_file.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

// Limits of ours; the format itself allows headers of 100 MB.
inline constexpr size_t kSafetensorsMaxHeader = size_t{32} << 20;
inline constexpr size_t kSafetensorsMaxTensors = 200'000;
inline constexpr size_t kSafetensorsMaxMetadata = 65'536;

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // by offset
  std::map<std::string, std::string> metadata;
};

// Reads and checks the header of a whole file. `name` is the file's name in messages.
Result<SafetensorsHeader> parse_safetensors(std::span<const std::byte> file, std::string_view name);

Result<std::unique_ptr<TensorSource>> open_safetensors(const std::filesystem::path& path,
                                                       LoadMode mode = LoadMode::kMap);

struct NamedTensor {
  std::string name;
  TensorView view;  // contiguous
};

// Writes the tensors, wide element types first, then by name, so that each is aligned. Errors also:
// kInvalidArgument (a name twice, too long, or with control characters).
Result<void> write_safetensors(const std::filesystem::path& path,
                               std::span<const NamedTensor> tensors,
                               const std::map<std::string, std::string>& metadata = {});

}  // namespace sextant::io
