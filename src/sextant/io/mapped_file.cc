#include "sextant/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <utility>

#include "sextant/io/descriptor.h"

namespace sextant::io {
namespace {

// What the signal handler may look at: fixed storage, written before `begin` is published.
struct Region {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  std::array<char, 224> name{};
};

// More mappings than any model has shards. Unused entries cost address space only.
constexpr size_t kMaxRegions = 2048;
std::array<Region, kMaxRegions> regions;
std::mutex regions_mutex;
struct sigaction previous_action;

const Region* region_of(uintptr_t address) {
  for (const Region& region : regions) {
    const uintptr_t begin = region.begin.load(std::memory_order_acquire);
    if (begin != 0 && address >= begin && address < region.end.load(std::memory_order_relaxed)) {
      return &region;
    }
  }
  return nullptr;
}

void print_raw(const char* text) {
  // Nothing can be done about a failing write in a handler.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
}

// Runs in a signal handler: async-signal-safe calls only.
void on_bus_error(int signal, siginfo_t* details, void* context) {
  const Region* region = region_of(reinterpret_cast<uintptr_t>(details->si_addr));
  if (region != nullptr) {
    print_raw("sextant: error: [io/mapped_file] ");
    print_raw(region->name.data());
    print_raw(": the file became shorter (or its disk failed) while it was in use\n");
    print_raw(
        "hint: do not write onto a file that is being read; put the new one under another "
        "name and rename it\n");
    _exit(3);
  }
  if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
    previous_action.sa_sigaction(signal, details, context);
  } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
    previous_action.sa_handler(signal);
  } else {
    // Back to the default: the instruction runs again and ends the process as it would have.
    sigaction(signal, &previous_action, nullptr);
  }
}

void install_handler() {
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous_action);
}

// Notes a mapping for the handler; false where the table is full.
bool add_region(const std::byte* data, size_t size, const std::string& name) {
  const std::lock_guard lock(regions_mutex);
  static std::once_flag installed;
  std::call_once(installed, install_handler);
  for (Region& region : regions) {
    if (region.begin.load(std::memory_order_relaxed) == 0) {
      const size_t length = std::min(name.size(), region.name.size() - 1);
      std::memcpy(region.name.data(), name.data(), length);
      region.name[length] = '\0';
      const auto begin = reinterpret_cast<uintptr_t>(data);
      region.end.store(begin + size, std::memory_order_relaxed);
      region.begin.store(begin, std::memory_order_release);
      return true;
    }
  }
  return false;
}

// Called before munmap: the address may belong to something else right after it.
void remove_region(const std::byte* data) {
  const std::lock_guard lock(regions_mutex);
  for (Region& region : regions) {
    if (region.begin.load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(data)) {
      region.begin.store(0, std::memory_order_release);
    }
  }
}

Error open_error(const std::filesystem::path& path, int code) {
  const bool missing = code == ENOENT || code == ENOTDIR;
  return Error{.code = missing ? ErrorCode::kNotFound : ErrorCode::kIo,
               .message = format("[io/mapped_file] {}: cannot be opened: {}", path.string(),
                                 std::strerror(code))};
}

}  // namespace

bool is_mapped_file(std::span<const std::byte> bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data());
  const Region* region = bytes.empty() ? nullptr : region_of(begin);
  return region != nullptr && begin + bytes.size() <= region->end.load(std::memory_order_relaxed);
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path, LoadMode mode) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor.valid()) {
    return Failure(open_error(path, errno));
  }
  struct stat status = {};
  if (fstat(descriptor.get(), &status) != 0) {
    return Failure(open_error(path, errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kUnsupported, "[io/mapped_file] {}: expected a file, found {}",
                path.string(), S_ISDIR(status.st_mode) ? "a folder" : "a device or pipe");
  }
  MappedFile file(path);
  const auto size = static_cast<size_t>(status.st_size);
  if (size > 0) {
    SEXTANT_TRY_VOID(mode == LoadMode::kMap ? file.map(descriptor.get(), size)
                                            : file.read(descriptor.get(), size));
  }
  return file;
}

Result<void> MappedFile::map(int descriptor, size_t size) {
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) {
    return fail(ErrorCode::kResourceExhausted, "[io/mapped_file] {}: cannot map {} bytes: {}",
                path_.string(), size, std::strerror(errno));
  }
  bytes_ = {static_cast<const std::byte*>(data), size};
  if (!add_region(bytes_.data(), size, path_.string())) {
    return fail(ErrorCode::kResourceExhausted,
                "[io/mapped_file] {}: expected at most {} mapped files at once, found more",
                path_.string(), kMaxRegions);
  }
  mapped_ = true;
  return {};
}

// Into pages of its own rather than a heap block: aligned, and given back to the system at once.
Result<void> MappedFile::read(int descriptor, size_t size) {
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    return fail(ErrorCode::kResourceExhausted, "[io/mapped_file] {}: no memory for {} bytes: {}",
                path_.string(), size, std::strerror(errno));
  }
  bytes_ = {static_cast<const std::byte*>(data), size};
  for (size_t done = 0; done < size;) {
    const ssize_t count =
        pread(descriptor, static_cast<char*>(data) + done, size - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return fail(ErrorCode::kIo, "[io/mapped_file] {}: cannot be read at byte {}: {}",
                  path_.string(), done, std::strerror(errno));
    }
    if (count == 0) {
      return fail(ErrorCode::kDataLoss, "[io/mapped_file] {}: expected {} bytes, file ends at {}",
                  path_.string(), size, done);
    }
    done += static_cast<size_t>(count);
  }
  mprotect(data, size, PROT_READ);  // as a mapping: a stray write is a crash, not a wrong weight
  return {};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      bytes_(std::exchange(other.bytes_, {})),
      mapped_(std::exchange(other.mapped_, false)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    release();
    path_ = std::move(other.path_);
    bytes_ = std::exchange(other.bytes_, {});
    mapped_ = std::exchange(other.mapped_, false);
  }
  return *this;
}

MappedFile::~MappedFile() { release(); }

void MappedFile::release() noexcept {
  if (bytes_.empty()) {
    return;
  }
  if (mapped_) {
    remove_region(bytes_.data());
  }
  munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  bytes_ = {};
}

}  // namespace sextant::io
