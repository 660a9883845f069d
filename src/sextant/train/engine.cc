#include "sextant/train/engine.h"

#include <dlfcn.h>

#include <cstdlib>

namespace sextant::train {
namespace {

namespace fs = std::filesystem;

Failure not_opened() {
  const char* why = dlerror();
  return fail_with_hint(ErrorCode::kNotFound,
                        format("[train/engine] libsextant_torch cannot be opened: {}",
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

Result<const TorchEngine*> open_engine() {
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
  using Factory = const TorchEngine* (*)();
  const auto factory = reinterpret_cast<Factory>(dlsym(handle, "sextant_torch_engine"));
  if (factory == nullptr) {
    return not_opened();
  }
  return factory();
}

}  // namespace

Result<const TorchEngine*> torch_engine() {
  static const Result<const TorchEngine*> kEngine = open_engine();
  return kEngine;
}

}  // namespace sextant::train
