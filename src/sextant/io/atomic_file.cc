#include "sextant/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sextant::io {
namespace {

constexpr mode_t kPermissionBits = 07777;

// EFBIG is a full disk too for the user: the file system or a quota allows no more in one file.
Failure write_error(const std::filesystem::path& path, std::string_view what) {
  const int code = errno;
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
    return fail_with_hint(
        ErrorCode::kResourceExhausted,
        format("[io/atomic_file] {}: {}: {}", path.string(), what, std::strerror(code)),
        "free some space or write to another disk; the old file, if there was "
        "one, is untouched");
  }
  const bool missing = code == ENOENT || code == ENOTDIR;
  return fail(missing ? ErrorCode::kNotFound : ErrorCode::kIo, "[io/atomic_file] {}: {}: {}",
              path.string(), what, std::strerror(code));
}

// ".NAME.PID-N.tmp" in the same folder, so that the rename stays on one file system.
std::filesystem::path temporary_name(const std::filesystem::path& path) {
  static std::atomic<uint64_t> counter{0};
  constexpr size_t kLongestName = 180;  // file systems allow 255 bytes
  return path.parent_path() / format(".{}.{}-{}.tmp",
                                     path.filename().string().substr(0, kLongestName), getpid(),
                                     counter.fetch_add(1));
}

}  // namespace

bool sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // File systems that cannot sync a folder say EINVAL: nothing to do there.
  return descriptor.valid() && (fsync(descriptor.get()) == 0 || errno == EINVAL);
}

AtomicFile::AtomicFile(std::filesystem::path path, std::filesystem::path temporary,
                       Descriptor descriptor)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      descriptor_(std::move(descriptor)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_.valid()) {
    unlink(temporary_.c_str());
  }
}

Failure AtomicFile::error(std::string_view what) const { return write_error(path_, what); }

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  struct stat existing = {};
  const bool exists = stat(path.c_str(), &existing) == 0;
  // Renaming onto /dev/null or a folder would destroy it or fail late.
  if (!path.has_filename() || (exists && !S_ISREG(existing.st_mode))) {
    return fail(ErrorCode::kInvalidArgument,
                "[io/atomic_file] {}: expected the name of a file, found {}", path.string(),
                !exists || S_ISDIR(existing.st_mode) ? "a folder" : "a device or pipe");
  }
  std::filesystem::path temporary;
  Descriptor descriptor;
  do {  // a name can be left over from a killed process with the same id
    temporary = temporary_name(path);
    descriptor = Descriptor(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  } while (!descriptor.valid() && errno == EEXIST);
  if (!descriptor.valid()) {
    return write_error(path, "cannot create a file in this folder");
  }
  AtomicFile file(path, std::move(temporary), std::move(descriptor));
  if (exists && fchmod(file.descriptor_.get(), existing.st_mode & kPermissionBits) != 0) {
    return file.error("cannot keep its permissions");
  }
  return file;
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  SEXTANT_CHECK(descriptor_.valid(), "{} is already committed", path_.string());
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return error(format("cannot write more after {} bytes", size_));
    }
    bytes = bytes.subspan(static_cast<size_t>(count));
    size_ += static_cast<size_t>(count);
  }
  return {};
}

Result<void> AtomicFile::write(std::string_view text) {
  return write(std::as_bytes(std::span(text)));
}

// The order matters: were the name changed first, a power cut could leave it with an empty file.
Result<void> AtomicFile::commit() {
  SEXTANT_CHECK(descriptor_.valid(), "{} is already committed", path_.string());
  if (fsync(descriptor_.get()) != 0) {
    return error("cannot bring it to the disk");
  }
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    return error("cannot take its name");
  }
  descriptor_.reset();  // fsync has reported what close could
  if (!sync_folder(path_.parent_path())) {
    return error("cannot bring its folder to the disk");
  }
  return {};
}

Result<void> write_file_atomically(const std::filesystem::path& path,
                                   std::span<const std::byte> bytes) {
  SEXTANT_TRY(AtomicFile file, AtomicFile::create(path));
  SEXTANT_TRY_VOID(file.write(bytes));
  return file.commit();
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  return write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace sextant::io
