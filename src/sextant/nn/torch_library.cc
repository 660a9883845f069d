#include "sextant/nn/torch_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

namespace sextant::nn {
namespace {

namespace fs = std::filesystem;

Failure not_opened() {
  const char* why = dlerror();
  return fail_with_hint(ErrorCode::kNotFound,
                        format("[nn/torch] libsextant_torch cannot be opened: {}",
                               printable(why != nullptr ? why : "no reason given", 400)),
                        "`sextant doctor` tells which LibTorch is used; SEXTANT_TORCH_DIR names "
                        "another");
}

// Threads of OpenMP spin for milliseconds at each barrier. Where other programs want the cores too,
// the one that is awaited is then kept from running: a step took ten times as long. Read when the
// library is loaded; what the user has set counts.
void let_threads_sleep() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
  }
}

Result<void*> open_library() {
  let_threads_sleep();
  // A LibTorch that the user names is loaded first; the loader then takes it for the recorded one.
  if (const char* dir = std::getenv("SEXTANT_TORCH_DIR"); dir != nullptr && *dir != '\0') {
    for (const char* name : {"libtorch_cpu.so", "libtorch.so"}) {
      if (dlopen((fs::path(dir) / "lib" / name).c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
        return not_opened();
      }
    }
  }
  Dl_info self{};
  static const int kAnchor = 0;
  dladdr(&kAnchor, &self);
  const fs::path library = fs::path(self.dli_fname).parent_path() / "libsextant_torch.so";
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return not_opened();
  }
  return handle;
}

}  // namespace

Result<void*> torch_symbol(const char* name) {
  static const Result<void*> kLibrary = open_library();
  SEXTANT_TRY(void* library, Result<void*>(kLibrary));
  void* symbol = dlsym(library, name);
  if (symbol == nullptr) {
    return not_opened();
  }
  return symbol;
}

}  // namespace sextant::nn
