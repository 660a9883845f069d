#include "sextant/cli/machine.h"

#include <sys/statvfs.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

#include "sextant/base/thread_pool.h"

namespace sextant::cli {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What follows "name" and white space and a colon at a line's start, up to the line's end.
std::string field(const std::string& text, std::string_view name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (colon != line.npos && line.compare(0, name.size(), name) == 0 &&
        line.find_first_not_of(" \t", name.size()) == colon) {
      const size_t begin = line.find_first_not_of(" \t", colon + 1);
      return begin == line.npos ? "" : line.substr(begin);
    }
  }
  return "";
}

uint64_t kilobytes(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10) << 10;
}

// The folder of this process's control group (version 2).
fs::path control_group(const fs::path& root) {
  std::istringstream lines(read_text(root / "proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("0::/", 0) == 0) {
      return root / "sys/fs/cgroup" / line.substr(4);
    }
  }
  return root / "sys/fs/cgroup";
}

// "max" and absent files are no limit.
std::optional<uint64_t> number(const std::string& text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') {
    return std::nullopt;
  }
  return std::strtoull(text.c_str(), nullptr, 10);
}

void apply_limits(const fs::path& group, Machine& machine) {
  if (const auto limit = number(read_text(group / "memory.max"))) {
    const uint64_t used = number(read_text(group / "memory.current")).value_or(0);
    machine.memory_total = std::min(machine.memory_total, *limit);
    machine.memory_available = std::min(machine.memory_available, *limit - std::min(*limit, used));
  }
  std::istringstream quota(read_text(group / "cpu.max"));
  double microseconds = 0;
  double period = 0;
  if (quota >> microseconds >> period && period > 0) {
    machine.processor_quota = microseconds / period;
  }
}

}  // namespace

Machine read_machine(const fs::path& root) {
  Machine machine;
  machine.processor = field(read_text(root / "proc/cpuinfo"), "model name");
  machine.processors = ThreadPool::available_threads();
  const std::string memory = read_text(root / "proc/meminfo");
  machine.memory_total = kilobytes(field(memory, "MemTotal"));
  machine.memory_available = kilobytes(field(memory, "MemAvailable"));
  apply_limits(control_group(root), machine);
  return machine;
}

std::optional<uint64_t> free_disk(const fs::path& path) {
  struct statvfs info{};
  if (statvfs(path.c_str(), &info) != 0) {
    return std::nullopt;
  }
  return uint64_t{info.f_bavail} * info.f_frsize;
}

fs::path program_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

std::optional<Torch> find_torch(const fs::path& program) {
  Torch torch;
  if (const char* set = std::getenv("SEXTANT_TORCH_DIR"); set != nullptr && *set != '\0') {
    torch.folder = set;
    torch.origin = "SEXTANT_TORCH_DIR";
  } else {
    // Written by scripts/setup.sh; the program lies in build/bin of the checkout.
    const fs::path record = program / "../../.sextant/torch-dir";
    std::istringstream text(read_text(record));
    std::string line;
    if (!std::getline(text, line) || line.empty()) {
      return std::nullopt;
    }
    torch.folder = line;
    torch.origin = record.lexically_normal();
  }
  std::error_code error;
  if (fs::exists(torch.folder / "share/cmake/Torch/TorchConfig.cmake", error)) {
    std::istringstream version(read_text(torch.folder / "build-version"));  // libtorch archives
    if (!(version >> torch.version)) {
      // The wheel: __version__ = '2.13.0+cpu'
      const std::string python = read_text(torch.folder / "version.py");
      const size_t begin = python.find('\'', python.find("__version__ ="));
      const size_t end = python.find('\'', begin + 1);
      torch.version = end != python.npos && begin != python.npos
                          ? python.substr(begin + 1, end - begin - 1)
                          : "of unknown version";
    }
  }
  return torch;
}

}  // namespace sextant::cli
