#include "sextant/io/hf_folder.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sextant/io/mapped_file.h"

namespace sextant::io {
namespace {

namespace fs = std::filesystem;

// In order of preference. model.pt: the own folders of this project's families.
constexpr std::array<std::string_view, 9> kWeightNames = {
    "model.safetensors",
    "model.safetensors.index.json",
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "diffusion_pytorch_model.bin",
    "diffusion_pytorch_model.bin.index.json",
    "model.pt"};

bool has_weight_ending(const fs::path& path) {
  constexpr std::array<std::string_view, 5> kEndings = {".safetensors", ".gguf", ".pt", ".pth",
                                                        ".npz"};
  return std::find(kEndings.begin(), kEndings.end(), path.extension().string()) != kEndings.end();
}

// Links of a hub cache whose target was never fetched.
bool is_dangling(const fs::path& path) {
  std::error_code ignored;
  return fs::is_symlink(path, ignored) && !fs::exists(path, ignored);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + printable(name, 60);
  }
  return text;
}

}  // namespace

Result<fs::path> find_weights(const fs::path& folder) {
  std::error_code error;
  for (const std::string_view name : kWeightNames) {
    if (fs::exists(folder / name, error)) {
      return folder / name;
    }
    if (is_dangling(folder / name)) {
      return fail_with_hint(
          ErrorCode::kNotFound,
          format("[io/hf_folder] {}: a link to a file that is not here", (folder / name).string()),
          "a download that did not finish? fetch the model again");
    }
  }
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (has_weight_ending(entry.path()) && entry.is_regular_file(error)) {
      found.push_back(entry.path().filename().string());
    }
  }
  if (found.size() == 1) {
    return folder / found.front();
  }
  std::sort(found.begin(), found.end());
  if (found.empty()) {
    return fail(ErrorCode::kNotFound,
                "[io/hf_folder] {}: expected weights (model.safetensors, its index, "
                "pytorch_model.bin, model.pt or a .gguf), folder has none",
                folder.string());
  }
  return fail_with_hint(ErrorCode::kInvalidArgument,
                        format("[io/hf_folder] {}: expected one file of weights, folder has {}: {}",
                               folder.string(), found.size(), joined(found)),
                        "name the file instead of the folder");
}

Result<std::optional<std::string>> read_folder_file(const fs::path& folder, std::string_view name,
                                                    size_t limit) {
  const auto file = MappedFile::open(folder / name);
  if (!file) {
    if (file.error().code == ErrorCode::kNotFound) {
      return std::nullopt;
    }
    return Failure(file.error());
  }
  const auto bytes = file->bytes();
  if (bytes.size() > limit) {
    return fail(ErrorCode::kOutOfRange, "[io/hf_folder] {}: expected at most {} bytes, file has {}",
                (folder / name).string(), limit, bytes.size());
  }
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace sextant::io
