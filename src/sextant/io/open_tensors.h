// Opens any file or folder of tensors. Formats are recognised by their bytes, never by the name of
// the file: safetensors, GGUF, files of torch.save, npz and npy, the index of a sharded model, and
// Hugging Face folders that hold one of them.
//
//   SEXTANT_TRY(auto source, io::open_tensors("models/stories260k"));
//
// Errors: kNotFound, kUnsupported (none of these formats; the message shows the first bytes), and
// those of the format.
#pragma once

#include <filesystem>
#include <memory>

#include "sextant/base/error.h"
#include "sextant/io/mapped_file.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

Result<std::shared_ptr<TensorSource>> open_tensors(const std::filesystem::path& path,
                                                   LoadMode mode = LoadMode::kMap);

// The same for one file that holds its tensors itself: no folder, no index.
Result<std::unique_ptr<TensorSource>> open_tensor_file(const std::filesystem::path& path,
                                                       LoadMode mode = LoadMode::kMap);

}  // namespace sextant::io
