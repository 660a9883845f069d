// Writes a zip archive of stored entries, 64-bit sizes throughout, each entry's data at a multiple
// of 64 bytes so that it can be used in place. The file appears under its name only when finished
// (atomic_file.h). No compression, no folders. One thread at a time.
//
//   SEXTANT_TRY(auto zip, ZipWriter::create("out.npz"));
//   SEXTANT_TRY_VOID(zip.add("a.npy", {{header, data}}));
//   SEXTANT_TRY_VOID(zip.finish());
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/io/atomic_file.h"

namespace sextant::io {

class ZipWriter {
 public:
  static Result<ZipWriter> create(const std::filesystem::path& path);

  // Appends one entry made of `parts` in order. Errors: kInvalidArgument (a name that is not plain,
  // or used before), and those of the file.
  Result<void> add(std::string_view name, std::initializer_list<std::span<const std::byte>> parts);

  // Writes the directory and gives the file its name. At most once.
  Result<void> finish();

 private:
  explicit ZipWriter(AtomicFile file) : file_(std::move(file)) {}

  struct Entry {
    std::string name;
    uint64_t header = 0;
    uint64_t size = 0;
    uint32_t crc = 0;
  };

  AtomicFile file_;
  std::vector<Entry> entries_;
  std::unordered_set<std::string> names_;
};

}  // namespace sextant::io
