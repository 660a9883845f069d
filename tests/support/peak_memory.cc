#include "support/peak_memory.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

#if defined(__has_feature)  // clang; GCC 12 has macros instead
#define SEXTANT_TEST_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEXTANT_TEST_SANITIZED 1
#else
#define SEXTANT_TEST_SANITIZED 0
#endif

namespace sextant::test_data {
namespace {

// A line of /proc/self/status in bytes, e.g. "VmHWM:".
size_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == key) {
      size_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes << 10;
    }
  }
  throw std::runtime_error("no " + key + " in /proc/self/status");
}

size_t measure(const std::function<void()>& work) {
  malloc_trim(0);  // free memory that is still resident would hide what `work` takes
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins at the present size
  const size_t before = status_bytes("VmRSS:");
  work();
  const size_t peak = status_bytes("VmHWM:");
  return peak > before ? peak - before : 0;
}

}  // namespace

bool sanitized() { return SEXTANT_TEST_SANITIZED; }

std::optional<size_t> peak_memory(const std::function<void()>& work) {
  if (sanitized()) {
    return std::nullopt;
  }
  int ends[2];
  if (pipe(ends) != 0) {
    throw std::runtime_error("no pipe");
  }
  const pid_t child = fork();
  if (child == 0) {
    const size_t bytes = measure(work);
    _exit(write(ends[1], &bytes, sizeof(bytes)) == sizeof(bytes) ? 0 : 1);
  }
  close(ends[1]);
  size_t bytes = 0;
  const bool received = read(ends[0], &bytes, sizeof(bytes)) == sizeof(bytes);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!received || status != 0) {
    throw std::runtime_error("the measured child ended with status " + std::to_string(status));
  }
  return bytes;
}

}  // namespace sextant::test_data
