#include "sextant/nn/network.h"

#include "sextant/nn/torch_library.h"

namespace sextant::nn {

Result<std::unique_ptr<Network>> load_network(const char* factory,
                                              const std::filesystem::path& folder) {
  SEXTANT_TRY(void* symbol, torch_symbol(factory));
  Result<std::unique_ptr<Network>> network;
  reinterpret_cast<NetworkFactory*>(symbol)(folder, network);
  return network;
}

}  // namespace sextant::nn
