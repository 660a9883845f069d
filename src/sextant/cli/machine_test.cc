#include "sextant/cli/machine.h"

#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>

namespace sextant::cli {
namespace {

namespace fs = std::filesystem;

class FakeMachine : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ =
        fs::path(::testing::TempDir()) /
        ("machine_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    unsetenv("SEXTANT_TORCH_DIR");
  }
  void TearDown() override { fs::remove_all(root_); }
  void put(const fs::path& path, std::string_view text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST_F(FakeMachine, ReadsProcessorAndMemory) {
  put("proc/cpuinfo", "processor\t: 0\nmodel\t\t: 17\nmodel name\t: Fast 9000\nflags\t:\n");
  put("proc/meminfo", "MemTotal:       16384 kB\nMemFree:  1 kB\nMemAvailable:    8192 kB\n");
  const Machine machine = read_machine(root_);
  EXPECT_EQ(machine.processor, "Fast 9000");
  EXPECT_GE(machine.processors, 1);
  EXPECT_EQ(machine.memory_total, 16384u << 10);
  EXPECT_EQ(machine.memory_available, 8192u << 10);
  EXPECT_FALSE(machine.processor_quota);
}

TEST_F(FakeMachine, LimitsOfAContainerCount) {
  put("proc/meminfo", "MemTotal: 16384 kB\nMemAvailable: 8192 kB\n");
  put("proc/self/cgroup", "1:name=old:/x\n0::/box\n");
  put("sys/fs/cgroup/box/memory.max", "4194304\n");
  put("sys/fs/cgroup/box/memory.current", "1048576\n");
  put("sys/fs/cgroup/box/cpu.max", "150000 100000\n");
  const Machine machine = read_machine(root_);
  EXPECT_EQ(machine.memory_total, 4194304u);
  EXPECT_EQ(machine.memory_available, 3145728u);
  EXPECT_EQ(machine.processor_quota, 1.5);
  put("sys/fs/cgroup/box/memory.max", "max\n");
  put("sys/fs/cgroup/box/cpu.max", "max 100000\n");
  EXPECT_EQ(read_machine(root_).memory_total, 16384u << 10);
  EXPECT_FALSE(read_machine(root_).processor_quota);
}

TEST_F(FakeMachine, NothingReadableIsNoError) {
  const Machine machine = read_machine(root_ / "absent");
  EXPECT_EQ(machine.processor, "");
  EXPECT_EQ(machine.memory_total, 0u);
}

TEST_F(FakeMachine, FindsTorchByRecordThenByVariable) {
  const fs::path program = root_ / "build/bin";
  fs::create_directories(program);
  EXPECT_FALSE(find_torch(program));
  put(".sextant/torch-dir", (root_ / "torch").string() + "\n");
  EXPECT_EQ(find_torch(program).value().version, "");  // recorded, but not there
  put("torch/share/cmake/Torch/TorchConfig.cmake", "");
  put("torch/version.py",
      "from typing import Optional\n__version__ = '2.13.0+cpu'\ndebug = False\n");
  EXPECT_EQ(find_torch(program).value().version, "2.13.0+cpu");
  put("other/share/cmake/Torch/TorchConfig.cmake", "");
  put("other/build-version", "2.12.0+cpu\n");
  setenv("SEXTANT_TORCH_DIR", (root_ / "other").c_str(), 1);
  const Torch torch = find_torch(program).value();
  unsetenv("SEXTANT_TORCH_DIR");
  EXPECT_EQ(torch.version, "2.12.0+cpu");
  EXPECT_EQ(torch.origin, "SEXTANT_TORCH_DIR");
}

TEST(MachineDisk, FreeSpaceIsKnownWhereThePathExists) {
  EXPECT_GT(free_disk("/").value_or(0), 0u);
  EXPECT_EQ(free_disk("/nothing/here"), std::nullopt);
}

TEST(MachineProgram, FolderHoldsTheRunningProgram) {
  EXPECT_TRUE(fs::exists(program_folder() / "cli_test"));
}

}  // namespace
}  // namespace sextant::cli
