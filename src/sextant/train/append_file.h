// A file that only grows, a record at a time: for logs of a run that must not stop for them.
//
// Each record reaches the operating system at once, so that a killed process leaves at most one
// unfinished record, at the end. Where the disk is full (or anything else fails) the records in
// between are lost: one warning is logged, the unfinished record is cut off, every later append
// tries again, and the first that succeeds is logged as well. One thread. Not for checkpoints:
// nothing is brought to the disk (no fsync).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "sextant/base/error.h"
#include "sextant/io/descriptor.h"

namespace sextant::train {

class AppendFile {
 public:
  // Keeps the first `kept` bytes of a file that is there (all, where it has less) and appends
  // behind them; a new file is made otherwise. Errors: kNotFound (no such folder), kIo,
  // kResourceExhausted.
  static Result<AppendFile> open(const std::filesystem::path& path, int64_t kept);

  // True where the whole record is in the file.
  bool append(std::span<const std::byte> record);

  int64_t size() const { return size_; }  // bytes of whole records
  int64_t lost() const { return lost_; }  // records, since the last that succeeded

 private:
  AppendFile(std::filesystem::path path, io::Descriptor descriptor, int64_t size)
      : path_(std::move(path)), descriptor_(std::move(descriptor)), size_(size) {}
  bool write_all(std::span<const std::byte> record);

  std::filesystem::path path_;
  io::Descriptor descriptor_;
  int64_t size_ = 0;
  int64_t lost_ = 0;
};

}  // namespace sextant::train
