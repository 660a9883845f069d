// Writes GGUF files, version 3, alignment 32: the metadata and tensors one hands over, as they are.
//
//   io::GgufWriter writer;
//   writer.add("general.architecture", "llama");
//   writer.add("llama.block_count", uint32_t{30});
//   writer.add_tensor("token_embd.weight", view);
//   SEXTANT_TRY_VOID(writer.write("model.gguf"));  // all or nothing, see AtomicFile
//
// Not thread-safe. Errors come from write(): kInvalidArgument (a name that is there twice, is too
// long or not printable), kUnsupported (an element type or rank that GGUF has not), those of
// AtomicFile. Tensors are not copied: their bytes must live until write() returns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"

namespace sextant::io {

using GgufValue = std::variant<bool, uint32_t, int32_t, uint64_t, int64_t, float, std::string,
                               std::vector<std::string>, std::vector<float>, std::vector<int32_t>,
                               std::vector<uint8_t>>;

class GgufWriter {
 public:
  void add(std::string key, GgufValue value);
  // `view` must be contiguous. Its shape is written innermost extent first, as GGUF has it.
  void add_tensor(std::string name, TensorView view);

  Result<void> write(const std::filesystem::path& path) const;

 private:
  Result<void> check() const;

  std::vector<std::pair<std::string, GgufValue>> values_;
  std::vector<std::pair<std::string, TensorView>> tensors_;
};

}  // namespace sextant::io
