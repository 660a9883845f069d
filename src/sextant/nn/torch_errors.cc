#include "sextant/nn/torch_errors.h"

#include <new>

#include <torch/torch.h>

namespace sextant::nn {

Failure from_exception(const std::exception& e, std::string_view where) {
  if (const auto* own = dynamic_cast<const SextantError*>(&e)) {
    return Failure(own->error());
  }
  if (const auto* torch = dynamic_cast<const c10::Error*>(&e)) {
    return fail(ErrorCode::kInternal, "[{}] LibTorch: {}", where,
                printable(torch->what_without_backtrace(), 1000));
  }
  if (dynamic_cast<const std::bad_alloc*>(&e) != nullptr) {
    return fail(ErrorCode::kResourceExhausted, "[{}] out of memory", where);
  }
  return fail(ErrorCode::kInternal, "[{}] {}", where, printable(e.what(), 1000));
}

}  // namespace sextant::nn
