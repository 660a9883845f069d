#include "sextant/train/engine.h"

#include "sextant/nn/torch_library.h"

namespace sextant::train {

Result<const TorchEngine*> torch_engine() {
  SEXTANT_TRY(void* symbol, nn::torch_symbol("sextant_torch_engine"));
  using Factory = const TorchEngine* (*)();
  return reinterpret_cast<Factory>(symbol)();
}

}  // namespace sextant::train
