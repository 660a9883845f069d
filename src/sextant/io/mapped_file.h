// A whole file as bytes: mapped, or read into memory.
//
// The file is opened once, must be a regular file, and keeps the size it had then. A mapping costs
// no memory until it is touched, and every page can be read again from the file.
//
// A mapped file that somebody truncates meanwhile makes the system send SIGBUS on the next touch of
// a lost page. The first mapping therefore installs a handler: where the address lies in a file of
// ours, the process prints which file was cut short and ends with status 3 (bad data); any other
// SIGBUS goes to the handler that was there before. Processes that must outlive such a file (a
// server on a network file system) read it instead: LoadMode::kRead.
//
//   SEXTANT_TRY(auto file, io::MappedFile::open("model.safetensors"));
//   parse(file.bytes());
//
// Movable, not copyable; const use from several threads is safe. Errors: kNotFound, kIo,
// kUnsupported (a folder, a device), kResourceExhausted, kDataLoss (shrank while it was read).
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "sextant/base/error.h"

namespace sextant::io {

enum class LoadMode {
  kMap,   // pages are read when touched
  kRead,  // everything is read at once, and the file may change or vanish afterwards
};

class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path, LoadMode mode = LoadMode::kMap);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // Page-aligned, valid as long as this object (moving it keeps them in place).
  std::span<const std::byte> bytes() const { return bytes_; }
  // True where bytes() are pages of the file, so that they may be dropped and read again.
  bool mapped() const { return mapped_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit MappedFile(std::filesystem::path path) : path_(std::move(path)) {}
  Result<void> map(int descriptor, size_t size);
  Result<void> read(int descriptor, size_t size);
  void release() noexcept;

  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
  bool mapped_ = false;
};

// True where all of `bytes` (not none) lie in the mapping of one file of this process.
bool is_mapped_file(std::span<const std::byte> bytes);

}  // namespace sextant::io
