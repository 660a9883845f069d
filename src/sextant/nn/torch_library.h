// The way from code without LibTorch to libsextant_torch, which is opened on first use: a program
// that only generates text never pays for it.
#pragma once

#include "sextant/base/error.h"

namespace sextant::nn {

// Address of a function that libsextant_torch exports as extern "C". Opens the library beside
// libsextant, with the LibTorch of $SEXTANT_TORCH_DIR or the recorded one. Safe from several
// threads. Error: kNotFound with what the system's loader said.
Result<void*> torch_symbol(const char* name);

}  // namespace sextant::nn
