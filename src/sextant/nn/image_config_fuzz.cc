#include "sextant/nn/image_processor.h"
#include "sextant/nn/vit_config.h"

// Both small files of an image classifier's folder, read as each of them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto json = sextant::parse_json(text, "config.json")) {
    if (const auto config = sextant::nn::vit_config_from_hf(*json)) {
      static_cast<void>(config->parameters());
    }
    for (const int64_t channels : {1, 3}) {
      static_cast<void>(sextant::nn::processor_from_hf(*json, channels));
    }
  }
  return 0;
}
