#include "sextant/io/open_tensors.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "sextant/io/gguf.h"
#include "sextant/io/hf_folder.h"
#include "sextant/io/npz.h"
#include "sextant/io/pickle.h"
#include "sextant/io/safetensors.h"
#include "sextant/io/sharded.h"

namespace sextant::io {
namespace {

// kNumpy and kPickle with or without the zip around them: their readers tell those apart.
enum class Format { kUnknown, kSafetensors, kGguf, kNumpy, kPickle, kJson };

constexpr std::string_view kZipEntry = "PK\x03\x04";
constexpr std::string_view kEmptyZip = "PK\x05\x06";

// The name in the first local header of a zip archive, which tells numpy's from torch's.
std::string_view first_zip_name(std::string_view file) {
  constexpr size_t kNameLength = 26;  // its place in a local header
  constexpr size_t kName = 30;
  if (file.size() < kName) {
    return {};
  }
  const auto length = static_cast<size_t>(static_cast<unsigned char>(file[kNameLength])) |
                      static_cast<size_t>(static_cast<unsigned char>(file[kNameLength + 1])) << 8;
  return file.substr(kName, length);
}

// A pickle begins with the opcode PROTO and the version; torch writes version 2.
bool is_pickle(std::string_view file) {
  return file.size() > 1 && file[0] == '\x80' && file[1] >= 2 && file[1] <= 5;
}

Format recognise(std::string_view file) {
  if (file.starts_with("GGUF")) {
    return Format::kGguf;
  }
  if (file.starts_with("\x93NUMPY") || file.starts_with(kEmptyZip)) {
    return Format::kNumpy;
  }
  if (file.starts_with(kZipEntry)) {
    return first_zip_name(file).ends_with(".npy") ? Format::kNumpy : Format::kPickle;
  }
  if (is_pickle(file)) {
    return Format::kPickle;
  }
  const size_t first = file.find_first_not_of(" \t\r\n");
  const bool json = first != file.npos && file[first] == '{';
  // Eight bytes of header length, then a JSON object. Where the first byte of the length looks like
  // the begin of a text, the zeros in its upper half decide.
  const bool zeros = file.size() > 8 && file.substr(4, 4) == std::string_view("\0\0\0\0", 4);
  if (file.size() > 8 && file[8] == '{' && (zeros || !json)) {
    return Format::kSafetensors;
  }
  return json ? Format::kJson : Format::kUnknown;
}

// What the user most likely has in hand instead of a model.
Failure unknown(std::string_view file, const std::string& path) {
  if (file.empty()) {
    return fail_with_hint(ErrorCode::kDataLoss,
                          format("[io/open] {}: expected tensors, the file is empty", path),
                          "a download or a copy that did not finish? fetch it again");
  }
  std::string hint =
      "safetensors, GGUF, .pt/.pth/.bin of torch.save, .npz, .npy and the index of a sharded model "
      "are read";
  if (file.starts_with("version https://git-lfs")) {
    hint = "this is the pointer of a Git LFS file: run `git lfs pull` in its repository";
  } else if (file.starts_with("<")) {
    hint = "this looks like a web page: fetch the file itself instead";
  }
  constexpr size_t kShown = 16;
  return fail_with_hint(ErrorCode::kUnsupported,
                        format("[io/open] {}: expected a file of tensors, found one that begins "
                               "with \"{}\"",
                               path, printable(file.substr(0, kShown))),
                        std::move(hint));
}

// The first bytes decide, so nothing more is read here. Also follows an index where `with_index`.
Result<std::unique_ptr<TensorSource>> open_file(const std::filesystem::path& path, LoadMode mode,
                                                bool with_index) {
  SEXTANT_TRY(const MappedFile file, MappedFile::open(path));
  constexpr size_t kLooked = 4096;
  const auto begin = file.bytes().first(std::min(file.bytes().size(), kLooked));
  const std::string_view text(reinterpret_cast<const char*>(begin.data()), begin.size());
  switch (recognise(text)) {
    case Format::kSafetensors:
      return open_safetensors(path, mode);
    case Format::kGguf:
      return open_gguf(path, mode);
    case Format::kNumpy:
      return open_npz(path, {.mode = mode});
    case Format::kPickle:
      return open_pickle(path, {.mode = mode});
    case Format::kJson:
      if (with_index) {
        return open_sharded(path, mode);
      }
      break;
    case Format::kUnknown:
      break;
  }
  return unknown(text, path.string());
}

}  // namespace

Result<std::shared_ptr<TensorSource>> open_tensors(const std::filesystem::path& path,
                                                   LoadMode mode) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    SEXTANT_TRY(const std::filesystem::path weights, find_weights(path));
    return open_file(weights, mode, true);
  }
  return open_file(path, mode, true);
}

Result<std::unique_ptr<TensorSource>> open_tensor_file(const std::filesystem::path& path,
                                                       LoadMode mode) {
  return open_file(path, mode, false);
}

}  // namespace sextant::io
