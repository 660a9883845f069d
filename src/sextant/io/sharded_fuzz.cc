#include "sextant/io/sharded.h"

// No accepted index may lead out of its folder or name a tensor twice.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto index =
      sextant::io::parse_shard_index({reinterpret_cast<const char*>(data), size}, "fuzz.json");
  if (!index) {
    return 0;
  }
  for (const std::string& file : index->files) {
    SEXTANT_CHECK(file.find('/') == file.npos && file != ".." && !file.empty(), "\"{}\"", file);
  }
  for (const auto& entry : index->entries) {
    SEXTANT_CHECK(entry.file < index->files.size(), "tensor {}", entry.tensor);
  }
  return 0;
}
