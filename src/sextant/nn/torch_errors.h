// The border where LibTorch's exceptions become errors: code that is called from outside
// libsextant_torch wraps itself in this.
#pragma once

#include <exception>

#include "sextant/base/error.h"

namespace sextant::nn {

// `where` begins the message: "nn/vit". An exception of this library keeps its own error.
Failure from_exception(const std::exception& e, std::string_view where);

}  // namespace sextant::nn
