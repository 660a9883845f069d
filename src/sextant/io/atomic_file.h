// Files that are never half written: the bytes go to a temporary file beside the final name, reach
// the disk, and only then take that name. Whoever opens the name sees the old file or the new one,
// also after kill -9 or a power cut; a file that others have mapped is never changed under them.
//
//   SEXTANT_TRY(auto file, io::AtomicFile::create("out.safetensors"));
//   SEXTANT_TRY_VOID(file.write(header));
//   SEXTANT_TRY_VOID(file.commit());   // without it the temporary is removed, the old file stays
//
// A killed process can leave its temporary (".NAME.PID-N.tmp") behind; it is never read. An
// existing file keeps its permission bits; a symbolic link is replaced, not followed. One thread at
// a time. Errors: kNotFound (no such folder), kInvalidArgument (the name is a folder, device or
// pipe), kResourceExhausted (disk full, quota), kIo. Cost: commit() waits for the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/io/descriptor.h"

namespace sextant::io {

class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& path);

  AtomicFile(AtomicFile&& other) noexcept = default;
  AtomicFile& operator=(AtomicFile&& other) = delete;
  ~AtomicFile();

  // Appends. After an error only destruction is useful.
  Result<void> write(std::span<const std::byte> bytes);
  Result<void> write(std::string_view text);

  // Makes everything written the content of the final name. At most once.
  Result<void> commit();

  // Bytes written so far.
  uint64_t size() const { return size_; }

 private:
  AtomicFile(std::filesystem::path path, std::filesystem::path temporary, Descriptor descriptor);
  Failure error(std::string_view what) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Descriptor descriptor_;  // valid until commit
  uint64_t size_ = 0;
};

// Makes what happened to names in a folder (a rename) durable. False where the system refuses.
bool sync_folder(const std::filesystem::path& folder);

Result<void> write_file_atomically(const std::filesystem::path& path,
                                   std::span<const std::byte> bytes);
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace sextant::io
