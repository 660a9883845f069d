// What this machine offers a program: processors, memory, disk, LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sextant::cli {

struct Machine {
  std::string processor;                  // as the kernel names it; empty where it does not
  int processors = 1;                     // usable by this process
  std::optional<double> processor_quota;  // of a container, in processors
  uint64_t memory_total = 0;              // bytes; the container's limit where it is lower
  uint64_t memory_available = 0;
};

// Reads /proc and /sys below `root` ("/" but in tests). What cannot be read stays at its default.
Machine read_machine(const std::filesystem::path& root = "/");

// Bytes that this user may still write where `path` is; nothing where that is not known.
std::optional<uint64_t> free_disk(const std::filesystem::path& path);

// The folder of the running program.
std::filesystem::path program_folder();

struct Torch {
  std::filesystem::path folder;
  std::string origin;   // "SEXTANT_TORCH_DIR" or the file that records it
  std::string version;  // empty where the folder is no LibTorch
};

// LibTorch as SEXTANT_TORCH_DIR or the record of the checkout names it; nothing where neither does.
std::optional<Torch> find_torch(const std::filesystem::path& program);

}  // namespace sextant::cli
