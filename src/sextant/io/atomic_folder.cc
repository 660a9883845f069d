#include "sextant/io/atomic_folder.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "sextant/io/atomic_file.h"
#include "sextant/io/descriptor.h"

namespace sextant::io {
namespace {

namespace fs = std::filesystem;

Failure system_error(const fs::path& path, std::string_view what, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  const bool missing = code == ENOENT || code == ENOTDIR;
  return fail(full      ? ErrorCode::kResourceExhausted
              : missing ? ErrorCode::kNotFound
                        : ErrorCode::kIo,
              "[io/atomic_folder] {}: {}: {}", path.string(), what, std::strerror(code));
}

std::string temporary_stem(const fs::path& path) {
  return "." + path.filename().string() + ".tmp-";
}

// Temporaries of this name whose process is gone.
void remove_leftovers(const fs::path& path) {
  const std::string stem = temporary_stem(path);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), ignored)) {
    const std::string name = entry.path().filename();
    pid_t process = 0;
    if (!name.starts_with(stem)) {
      continue;
    }
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + stem.size(), end, process);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == end && process > 0;
    if (whole && (process == getpid() || (kill(process, 0) != 0 && errno == ESRCH))) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

Result<void> sync_file(const fs::path& path) {
  const Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.valid() || fsync(descriptor.get()) != 0) {
    return system_error(path, "cannot be brought to the disk", errno);
  }
  return {};
}

}  // namespace

AtomicFolder::AtomicFolder(fs::path path, fs::path temporary)
    : path_(std::move(path)), temporary_(std::move(temporary)) {}

AtomicFolder::AtomicFolder(AtomicFolder&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})) {}

AtomicFolder::~AtomicFolder() {
  if (!temporary_.empty()) {
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
  }
}

Result<AtomicFolder> AtomicFolder::create(const fs::path& path) {
  const fs::path full = fs::absolute(path).lexically_normal();
  std::error_code error;
  if (full.filename().empty() || (fs::exists(full, error) && !fs::is_directory(full, error))) {
    return fail(ErrorCode::kInvalidArgument,
                "[io/atomic_folder] {}: expected the name of a folder, found another kind of file",
                path.string());
  }
  remove_leftovers(full);
  const fs::path temporary = full.parent_path() / (temporary_stem(full) + std::to_string(getpid()));
  if (!fs::create_directory(temporary, error)) {
    return system_error(temporary, "cannot be made", error ? error.value() : EEXIST);
  }
  return AtomicFolder(full, temporary);
}

Result<void> AtomicFolder::commit() {
  SEXTANT_CHECK(!temporary_.empty(), "a folder is committed twice");
  for (const auto& entry : fs::directory_iterator(temporary_)) {
    SEXTANT_TRY_VOID(sync_file(entry.path()));
  }
  if (!sync_folder(temporary_)) {
    return system_error(temporary_, "cannot be brought to the disk", errno);
  }
  // A folder cannot be renamed onto a full one; the two names are exchanged, then the old one goes.
  const bool replaces = fs::exists(path_);
  if (renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(),
                replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0) {
    return system_error(path_, "cannot take its name", errno);
  }
  const fs::path old = std::exchange(temporary_, {});
  if (replaces) {
    std::error_code ignored;
    fs::remove_all(old, ignored);
  }
  if (!sync_folder(path_.parent_path())) {
    return system_error(path_, "cannot be brought to the disk", errno);
  }
  return {};
}

}  // namespace sextant::io
