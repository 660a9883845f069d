#include "sextant/train/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sextant/base/log.h"

namespace sextant::train {

Result<AppendFile> AppendFile::open(const std::filesystem::path& path, int64_t kept) {
  const auto failed = [&](std::string_view what) {
    const int code = errno;
    const bool missing = code == ENOENT || code == ENOTDIR;
    const bool full = code == ENOSPC || code == EDQUOT;
    return fail(
        missing ? ErrorCode::kNotFound : (full ? ErrorCode::kResourceExhausted : ErrorCode::kIo),
        "[train/append_file] {}: {}: {}", path.string(), what, std::strerror(code));
  };
  io::Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  struct stat status = {};
  if (!descriptor.valid() || fstat(descriptor.get(), &status) != 0) {
    return failed("cannot open it");
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument,
                "[train/append_file] {}: expected a file, found another kind", path.string());
  }
  const int64_t size = std::clamp<int64_t>(kept, 0, status.st_size);
  if (size < status.st_size && ftruncate(descriptor.get(), size) != 0) {
    return failed("cannot cut it");
  }
  return AppendFile(path, std::move(descriptor), size);
}

bool AppendFile::append(std::span<const std::byte> record) {
  if (write_all(record)) {
    size_ += static_cast<int64_t>(record.size());
    if (lost_ > 0) {
      log(LogLevel::kWarning, "[train/append_file] {}: written again, {} records are missing",
          path_.string(), lost_);
    }
    lost_ = 0;
    return true;
  }
  if (++lost_ == 1) {
    log(LogLevel::kWarning, "[train/append_file] {}: {}; going on without it", path_.string(),
        std::strerror(errno));
  }
  // The next record overwrites what this one left, also where cutting fails.
  static_cast<void>(ftruncate(descriptor_.get(), size_) == 0);
  return false;
}

bool AppendFile::write_all(std::span<const std::byte> record) {
  int64_t at = size_;
  while (!record.empty()) {
    const ssize_t count = pwrite(descriptor_.get(), record.data(), record.size(), at);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return false;
    }
    at += count;
    record = record.subspan(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace sextant::train
