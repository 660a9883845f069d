// Folders as Hugging Face libraries write them: config.json, tokenizer files and weights, single or
// sharded, as safetensors or as files of torch.save; diffusers' names too.
//
// Errors: kNotFound, kInvalidArgument (several candidates), kOutOfRange (a file is too large), kIo.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "sextant/base/error.h"

namespace sextant::io {

// The file of the folder to open for its weights: the first there is of the known names
// (safetensors before pickles), else the only file with the ending of a weight file.
Result<std::filesystem::path> find_weights(const std::filesystem::path& folder);

// A small file of the folder (config.json, tokenizer.json), whole; nothing where there is none.
// More than `limit` bytes are an error, so that no file can fill the memory.
Result<std::optional<std::string>> read_folder_file(const std::filesystem::path& folder,
                                                    std::string_view name,
                                                    size_t limit = size_t{64} << 20);

}  // namespace sextant::io
